using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace ModalAI.Tools.Code;

/// <summary>What is in the folder.</summary>
/// <param name="Known">What tells each file from an earlier state of it, by name.</param>
/// <param name="Files">What is new or changed, the oldest first.</param>
internal sealed record CodeFolder(
    [property: JsonRequired] IReadOnlyDictionary<string, string> Known, [property: JsonRequired] IReadOnlyList<CodeFile> Files);

/// <summary>A file that code has left.</summary>
/// <param name="Name">Its path in the folder.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Data">Its bytes; null where it is too large, or one too many.</param>
internal sealed record CodeFile([property: JsonRequired] string Name, long Size, byte[]? Data)
{
    /// <summary>What an application gets of it: a harmless name, and a media type by its bytes; null where it was not brought over.</summary>
    public DataContent? ToContent() => Data is null
        ? null
        : new DataContent(Data, MediaTypes.Detect(Data) ?? (Data.AsSpan().Contains((byte)0) ? "application/octet-stream" : "text/plain"))
        {
            Name = ArtifactName.From(Name),
        };
}

/// <summary>Reads and writes without reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CodeFolder))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class CodeJson : JsonSerializerContext;
