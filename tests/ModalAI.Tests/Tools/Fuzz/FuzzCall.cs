using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>A call as a model might make it.</summary>
/// <param name="Function">What is called.</param>
internal sealed record FuzzCall(AIFunction Function)
{
    private const int MaxShown = 2_000;

    /// <summary>What is given.</summary>
    public Dictionary<string, object?> Arguments { get; } = new(StringComparer.Ordinal);

    /// <summary>The texts in there, each with the argument that it belongs to; those within an array belong to that.</summary>
    public List<(string Argument, string Text)> Texts { get; } = [];

    /// <summary>The call, for a failure's message.</summary>
    public override string ToString()
    {
        var arguments = Arguments.Select(static argument => $"{Show(argument.Key)}: {argument.Value?.GetType().Name ?? "null"} {Show(argument.Value switch
        {
            JsonElement { ValueKind: not JsonValueKind.Undefined } element => element.GetRawText(),
            string text => text,
            JsonNode => "",
            var value => value?.ToString() ?? "",
        })}");
        return $"{Function.Name}({string.Join(", ", arguments.Concat(Texts.Select(static text => $"text of {text.Argument}: {Show(text.Text)}")))})";
    }

    /// <summary>Text as C# has it.</summary>
    public static string Show(string text)
    {
        var shown = string.Concat(text.Take(MaxShown).Select(static character =>
            character is >= ' ' and < (char)127 and not ('"' or '\\') ? character.ToString() : $"\\u{(int)character:x4}"));
        return text.Length > MaxShown ? $"\"{shown}\"… ({text.Length} characters)" : $"\"{shown}\"";
    }
}
