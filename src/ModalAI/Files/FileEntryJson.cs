using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModalAI.Files;

/// <summary>An entry as Modal's file program writes it.</summary>
internal sealed record FileEntryJson(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("path")] string Path,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("mode")] int Mode,
    [property: JsonPropertyName("owner")] string Owner,
    [property: JsonPropertyName("group")] string Group,
    [property: JsonPropertyName("modified_time")] double ModifiedTime,
    [property: JsonPropertyName("symlink_target")] string? SymlinkTarget)
{
    /// <summary>File systems hold times that .NET does not: one such file must not spoil the listing of its directory.</summary>
    private const double MinTime = -62135596800;
    private const double MaxTime = 253402300799;

    public ModalFileInfo ToInfo() => new(
        Name,
        Path,
        Type switch { "file" => ModalFileType.File, "directory" => ModalFileType.Directory, "symlink" => ModalFileType.SymbolicLink, _ => ModalFileType.Other },
        Size,
        Mode,
        Owner,
        Group,
        DateTimeOffset.UnixEpoch.AddSeconds(Math.Clamp(ModifiedTime, MinTime, MaxTime)),
        SymlinkTarget);
}

/// <summary>Reads entries without reflection.</summary>
[JsonSerializable(typeof(FileEntryJson))]
[JsonSerializable(typeof(List<FileEntryJson>))]
internal sealed partial class FileJsonContext : JsonSerializerContext;
