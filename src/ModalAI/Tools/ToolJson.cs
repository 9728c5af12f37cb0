using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using ModalAI.Tools.Dialects;

namespace ModalAI.Tools;

/// <summary>How arguments and schemas are written and read, without reflection.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(long?))]
[JsonSerializable(typeof(TextEdit[]))]
[JsonSerializable(typeof(LineText[]))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    public static JsonSerializerOptions SerializerOptions { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(AIJsonUtilities.DefaultOptions);
        options.TypeInfoResolverChain.Insert(0, new ToolJson());
        options.MakeReadOnly();
        return options;
    }
}
