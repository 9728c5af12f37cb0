using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ModalAI.Conformance.Wire;

/// <summary>Replaces ids, tokens and times by names that are the same in every run: the first sandbox is <c>&lt;sb 1&gt;</c>.</summary>
internal sealed partial class WireNames
{
    /// <summary>Fields that hold a point in time, or the time that is left of a limit.</summary>
    private static readonly HashSet<string> Times = ["before_timestamp", "since", "until"];

    private readonly Dictionary<string, string> _names = [];
    private readonly Dictionary<string, int> _counts = [];

    public static string OfHeader(string name, string value) => name switch
    {
        "x-idempotency-key" when Guid.TryParse(value, out _) => "<uuid>",
        "x-modal-auth-token" when value.Split('.').Length == 3 => "<jwt>",
        "authorization" when value.StartsWith("Bearer ", StringComparison.Ordinal) && value.Split('.').Length == 3 => "Bearer <jwt>",
        "host" => "<host>",
        _ => value,
    };

    public JsonNode? Replace(JsonNode? node, string field = "") => node switch
    {
        not null when Times.Contains(field) => JsonValue.Create("<time>"),
        JsonObject inner => new JsonObject(inner.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, Replace(entry.Value, entry.Key)))),
        JsonArray inner => new JsonArray([.. inner.Select(item => Replace(item, field))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(NameOf(value.GetValue<string>())),
        _ => node?.DeepClone(),
    };

    private string NameOf(string text)
    {
        if (_names.TryGetValue(text, out var name))
        {
            return name;
        }

        var kind = Guid.TryParse(text, out _) ? "uuid" : Id().Match(text) is { Success: true } id ? id.Groups["kind"].Value : null;
        if (kind is null)
        {
            return text;
        }

        var number = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        return _names[text] = $"<{kind} {number}>";
    }

    [GeneratedRegex("^(?<kind>sb|ta|ap|im|st|vo|en|pr|sn|ctr|ir)-[0-9A-Za-z]{20,}$")]
    private static partial Regex Id();
}
