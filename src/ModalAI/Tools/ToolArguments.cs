using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>
/// Checks what a model gave against a function's schema. A number written as text is taken for the number, JSON written as text for what it says; what can't be taken for the right thing is
/// answered with what is expected, since the factory's own binding would throw, or overlook it.
/// </summary>
internal static class ToolArguments
{
    /// <summary>No larger number is exact in JSON for all who read it.</summary>
    private const double MaxInteger = 1L << 53;

    private const string IsHalf = "holds half of a surrogate pair, which is no character";

    /// <summary>Stands for text that holds the like, which .NET does not read from JSON: it is refused as that is.</summary>
    private const string HalfCharacter = "\uD800";

    /// <summary>How deep lists and maps may lie in each other.</summary>
    private const int MaxDepth = 16;

    /// <summary>Converts the arguments to what the function's parameters are.</summary>
    /// <param name="function">The function.</param>
    /// <param name="arguments">What the model gave.</param>
    /// <param name="converted">The same, of the right types, without those that are null.</param>
    /// <param name="problem">What to tell the model.</param>
    public static bool TryConvert(
        AIFunction function, AIFunctionArguments arguments, [NotNullWhen(true)] out AIFunctionArguments? converted, [NotNullWhen(false)] out string? problem)
    {
        converted = null;
        var parameters = function.JsonSchema.GetProperty("properties");
        var values = new AIFunctionArguments { Services = arguments.Services, Context = arguments.Context };
        foreach (var (name, value) in arguments)
        {
            if (ToolText.TryEncode(name) is null)
            {
                problem = Explain(function, parameters, $"the name of an argument {IsHalf}");
                return false;
            }

            if (!parameters.TryGetProperty(name, out var parameter))
            {
                problem = Explain(function, parameters, $"it has no argument {ToolText.Quote(name)}");
                return false;
            }

            var type = TypeOf(parameter);
            if (!TryConvert(Element(value), type, out var argument))
            {
                problem = Explain(function, parameters, $"argument '{name}' has to be {Article(type)}");
                return false;
            }

            if (argument is JsonElement { ValueKind: JsonValueKind.Array } array && parameter.TryGetProperty("items", out var item))
            {
                argument = ConvertItems(array, name, item, out var wrong);
                if (wrong is not null)
                {
                    problem = Explain(function, parameters, wrong);
                    return false;
                }
            }

            // The factory takes a long for an int where it fits; what does not is as far out of range as the nearest one.
            if (argument is long number && !TakesLong(function, name))
            {
                argument = (int)Math.Clamp(number, int.MinValue, int.MaxValue);
            }

            if (argument is string text && ToolText.TryEncode(text) is null)
            {
                problem = Explain(function, parameters, $"argument '{name}' {IsHalf}");
                return false;
            }

            if (argument is not null)
            {
                values[name] = argument;
            }
        }

        foreach (var parameter in parameters.EnumerateObject())
        {
            if (IsRequired(function.JsonSchema, parameter.Name) && !values.ContainsKey(parameter.Name))
            {
                problem = Explain(function, parameters, $"argument '{parameter.Name}' is missing");
                return false;
            }
        }

        converted = values;
        problem = null;
        return true;
    }

    /// <summary>Converts what the objects of an array hold, each to what its schema says.</summary>
    private static JsonElement ConvertItems(JsonElement array, string name, JsonElement schema, out string? problem)
    {
        problem = null;
        if (!schema.TryGetProperty("properties", out var properties))
        {
            return array;
        }

        var items = new JsonArray();
        foreach (var element in array.EnumerateArray())
        {
            var place = $"{name}[{items.Count}]";
            var item = new JsonObject();
            if (!TryConvert(Element(element), "object", out var given) || given is not JsonElement fields)
            {
                problem = $"{place} has to be an object with {Names(properties)}";
                return array;
            }

            foreach (var field in fields.EnumerateObject())
            {
                problem ??= NameOf(field) is not { } key ? $"a name in {place} {IsHalf}"
                    : !properties.TryGetProperty(key, out var property) ? $"{place} has no {ToolText.Quote(ToolText.Cut(key, 80))}, but {Names(properties)}"
                    : !TryConvert(Element(field.Value), TypeOf(property), out var value) ? $"{place}.{key} has to be {Article(TypeOf(property))}"
                    : value is string text && ToolText.TryEncode(text) is null ? $"{place}.{key} {IsHalf}"
                    : Set(item, key, value);
            }

            var missing = properties.EnumerateObject().FirstOrDefault(property => IsRequired(schema, property.Name) && item[property.Name] is null);
            problem ??= missing.Value.ValueKind == JsonValueKind.Undefined ? null : $"{place}.{missing.Name} is missing";
            if (problem is not null)
            {
                return array;
            }

            items.Add((JsonNode)item);
        }

        return JsonElement.Parse(items.ToJsonString());

        static string? Set(JsonObject item, string name, object? value)
        {
            item[name] = value switch
            {
                string text => JsonValue.Create(text),
                bool flag => JsonValue.Create(flag),
                long number => JsonValue.Create(number),
                double number => JsonValue.Create(number),
                JsonElement element => JsonNode.Parse(element.GetRawText()),
                _ => null,
            };
            return null;
        }
    }

    private static bool TryConvert(object? value, string type, out object? converted)
    {
        converted = (type, value) switch
        {
            (_, null) => null,
            ("array", JsonElement { ValueKind: JsonValueKind.Array }) or ("object", JsonElement { ValueKind: JsonValueKind.Object }) => value,
            ("array", string text) => ParseJson(text, JsonValueKind.Array),
            ("object", string text) => ParseJson(text, JsonValueKind.Object),
            (_, JsonElement { ValueKind: JsonValueKind.Object or JsonValueKind.Array }) => null,
            ("string", string text) => text,
            ("string", JsonElement element) => element.GetRawText(),
            ("string", bool flag) => flag ? "true" : "false",
            ("boolean", bool flag) => flag,
            ("boolean", string text) when bool.TryParse(text, out var flag) => flag,
            ("integer", JsonElement element) => ParseInteger(element.GetRawText()),
            ("integer", string text) => ParseInteger(text),
            ("number", JsonElement element) => ParseNumber(element.GetRawText()),
            ("number", string text) => ParseNumber(text),
            _ => null,
        };
        return converted is not null || value is null;
    }

    /// <summary>Text, a truth value, null, or an element of another kind; applications and chat clients pass all sorts of things.</summary>
    private static object? Element(object? value) => value switch
    {
        JsonElement { ValueKind: JsonValueKind.String } element => TextOf(element),
        JsonElement { ValueKind: JsonValueKind.True or JsonValueKind.False } element => element.GetBoolean(),
        JsonElement { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        JsonValue node => Element(node.TryGetValue<JsonElement>(out var element) ? element : node.GetValue<object>()),
        JsonNode node => ToElement(node),
        null or JsonElement or string or bool => value,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => ToElement(Node(value, MaxDepth)),
    };

    /// <summary>What an application has put together of lists and maps, as JSON; nothing where it is none of these.</summary>
    private static JsonNode Node(object value, int depth) => value switch
    {
        JsonNode node => node.DeepClone(),
        IEnumerable<KeyValuePair<string, object?>> map when depth > 0 => new JsonObject(map.Select(field => KeyValuePair.Create(field.Key, Item(field.Value, depth - 1)))),
        IEnumerable list when depth > 0 => new JsonArray([.. list.Cast<object?>().Select(item => Item(item, depth - 1))]),
        _ => new JsonObject(),
    };

    private static JsonNode? Item(object? value, int depth) => value switch
    {
        null => null,
        JsonElement element => JsonNode.Parse(element.GetRawText()),
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        IFormattable number when ParseNumber(number.ToString(null, CultureInfo.InvariantCulture)) is { } exact => JsonValue.Create(exact),
        IFormattable other => JsonValue.Create(other.ToString(null, CultureInfo.InvariantCulture)),
        _ => Node(value, depth),
    };

    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return HalfCharacter;
        }
    }

    /// <summary>The name of a field; null where it holds half a character.</summary>
    private static string? NameOf(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The same as an element. One that can't be written as JSON, or is nested too deeply, is nothing that any function takes.</summary>
    private static object ToElement(JsonNode node)
    {
        try
        {
            return IsWhole(node) ? JsonElement.Parse(node.ToJsonString()) : HalfCharacter;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            return JsonElement.Parse("{}");
        }
    }

    /// <summary>Whether no text in there holds half a character: it would be written as another one.</summary>
    private static bool IsWhole(JsonNode? node) => node switch
    {
        JsonArray array => array.All(IsWhole),
        JsonObject fields => fields.All(static field => ToolText.TryEncode(field.Key) is not null && IsWhole(field.Value)),
        JsonValue value => Element(value) is not string text || ToolText.TryEncode(text) is not null,
        _ => true,
    };

    /// <summary>A whole number; one that is out of range becomes the nearest one, which the function refuses or lowers as it would any other.</summary>
    private static long? ParseInteger(string text) =>
        ParseNumber(text) is { } number && Math.Floor(number) == number ? (long)Math.Clamp(number, -MaxInteger, MaxInteger) : null;

    private static double? ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>JSON that a model has put into quotes; null where it is none of the kind.</summary>
    private static JsonElement? ParseJson(string text, JsonValueKind kind)
    {
        try
        {
            return JsonElement.Parse(text) is var element && element.ValueKind == kind ? element : null;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // Not JSON, or no text at all.
            return null;
        }
    }

    private static string Names(JsonElement properties) => string.Join(", ", properties.EnumerateObject().Select(static property => property.Name));

    private static string Explain(AIFunction function, JsonElement parameters, string problem) => ToolText.Error(
        $"{function.Name} was not run: {problem}. Its arguments: "
        + string.Join(", ", parameters.EnumerateObject().Select(parameter =>
            $"{parameter.Name} ({TypeOf(parameter.Value)}{(IsRequired(function.JsonSchema, parameter.Name) ? ", required" : "")})"))
        + ".");

    private static bool TakesLong(AIFunction function, string name) =>
        function.UnderlyingMethod?.GetParameters().Any(parameter => parameter.Name == name && parameter.ParameterType.IsAssignableFrom(typeof(long))) == true;

    private static string Article(string type) => type is "integer" or "array" or "object" ? $"an {type}" : $"a {type}";

    private static bool IsRequired(JsonElement schema, string name) =>
        schema.TryGetProperty("required", out var required) && required.EnumerateArray().Any(item => item.ValueEquals(name));

    /// <summary>The type of a parameter that is of one type, or of one type or null.</summary>
    private static string TypeOf(JsonElement parameter)
    {
        var type = parameter.GetProperty("type");
        return (type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().First(item => !item.ValueEquals("null")) : type).GetString()!;
    }
}
