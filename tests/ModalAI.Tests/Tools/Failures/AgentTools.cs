using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>The functions that the agent was given, as their schemas describe them.</summary>
internal sealed class AgentTools(IEnumerable<AITool> tools)
{
    private readonly Dictionary<string, JsonElement> _schemas =
        tools.OfType<AIFunctionDeclaration>().ToDictionary(static function => function.Name, static function => function.JsonSchema);

    /// <summary>The function that runs command lines.</summary>
    public string Shell => _schemas.First(static tool => Properties(tool.Value).Any(static property => property.Name is "command" or "cmd")).Key;

    /// <summary>The function that reads a part of a file; null where there is none.</summary>
    public string? Reader => _schemas.FirstOrDefault(static tool => tool.Value.GetProperty("properties").TryGetProperty("offset", out _)).Key
        ?? _schemas.Keys.FirstOrDefault(static name => name.Contains("read", StringComparison.Ordinal));

    public bool Has(string name) => _schemas.ContainsKey(name);

    public bool IsShell(string name) => Properties(_schemas[name]).Any(static property => property.Name is "command" or "cmd");

    public bool TakesPattern(string name) => Properties(_schemas[name]).Any(static property => property.Name == "pattern");

    /// <summary>A call with texts for its first arguments that are text.</summary>
    public AgentCall Call(string tool, params string[] texts) =>
        new(tool, Properties(_schemas[tool]).Where(static property => Type(property.Value) == "string").Zip(texts).ToDictionary(static pair => pair.First.Name, static pair => (object?)pair.Second));

    /// <summary>Lets a call wait, where it can.</summary>
    public AgentCall Waiting(AgentCall call, int seconds) =>
        Properties(_schemas[call.Tool]).FirstOrDefault(static property => property.Name.StartsWith("wait", StringComparison.Ordinal) || property.Name.StartsWith("yield", StringComparison.Ordinal)) is
        { Value.ValueKind: not JsonValueKind.Undefined } wait
            ? call.With(wait.Name, wait.Name.EndsWith("_ms", StringComparison.Ordinal) ? seconds * 1000 : seconds)
            : call;

    private static JsonElement.ObjectEnumerator Properties(JsonElement schema) => schema.GetProperty("properties").EnumerateObject();

    private static string? Type(JsonElement property) =>
        property.GetProperty("type") is var type && type.ValueKind == JsonValueKind.Array ? type[0].GetString() : type.GetString();
}
