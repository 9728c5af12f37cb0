using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>Makes calls of a function from its own schema: each argument is of the right type with a hostile value, of a wrong type, missing, or one that there is none of.</summary>
internal sealed class CallGenerator
{
    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "2", "7", "100", "2000", "2147483647", "2147483648", "-2147483648", "-2147483649", "9007199254740993", "9223372036854775807", "-9223372036854775808",
        "99999999999999999999", "1e308", "-1e308", "1e-308", "1.5", "1.0", "-0", "0.0000001", "3e2",
    ];

    private static readonly string[] NumberTexts = ["NaN", "Infinity", "-Infinity", "1e400", "0x10", " 7 ", "1,000", "1_000", "١", "+5", "", "five", "1;2", "0b1", "--1"];

    private readonly Random _random;
    private readonly HostileText _text;
    private readonly Func<string?> _jobId;

    /// <param name="random">Decides.</param>
    /// <param name="canary">A file of this computer.</param>
    /// <param name="jobId">Id of a command that was started; null where none was.</param>
    public CallGenerator(Random random, string canary, Func<string?> jobId)
    {
        _random = random;
        _text = new HostileText(random, canary);
        _jobId = jobId;
    }

    public FuzzCall Next(AIFunction function)
    {
        var call = new FuzzCall(function);
        var required = function.JsonSchema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(static name => name.GetString()).ToHashSet() : [];
        foreach (var parameter in function.JsonSchema.GetProperty("properties").EnumerateObject())
        {
            if (_random.Next(100) < (required.Contains(parameter.Name) ? 97 : 45))
            {
                call.Arguments[parameter.Name] = Value(call, parameter.Name, parameter.Value);
            }
        }

        if (_random.Next(100) < 3)
        {
            call.Arguments[_random.Next(3) == 0 ? "path " : _text.Next()] = _random.Next(2) == 0 ? 1 : "x";
        }

        return call;
    }

    private object? Value(FuzzCall call, string name, JsonElement schema)
    {
        if (_random.Next(100) < 9)
        {
            var wrong = Wrong();
            if (TypeOf(schema) == "string" && AsText(wrong) is { } own)
            {
                call.Texts.Add((name, own));
            }

            return wrong;
        }

        switch (TypeOf(schema))
        {
            case "string":
                var text = Text(call.Function, name, schema);
                call.Texts.Add((name, text));
                return Wrap(text);
            case "integer" or "number":
                return Number();
            case "boolean":
                var flag = _random.Next(2) == 0;
                return _random.Next(4) switch { 0 => flag ? "true" : "False", 1 => Json(flag ? "true" : "false"), 2 => JsonValue.Create(flag), _ => flag };
            case "array":
                var items = string.Join(',', Enumerable.Range(0, _random.Next(4)).Select(_ => Item(call, name, schema.GetProperty("items"))));
                return _random.Next(4) switch { 0 => $"[{items}]", 1 => JsonNode.Parse($"[{items}]"), _ => Json($"[{items}]") };
            default:
                return Json("{}");
        }
    }

    private string Text(AIFunction function, string name, JsonElement schema)
    {
        if (schema.TryGetProperty("enum", out var allowed) && _random.Next(4) > 0)
        {
            return allowed[_random.Next(allowed.GetArrayLength())].GetString() ?? "";
        }

        if (name.EndsWith("id", StringComparison.OrdinalIgnoreCase) && _random.Next(3) > 0 && _jobId() is { } id)
        {
            return id;
        }

        if (function.Name.EndsWith("patch", StringComparison.Ordinal) && _random.Next(4) > 0)
        {
            return Patch();
        }

        return _random.Next(30) == 0 ? "" : _text.Next();
    }

    private string Patch()
    {
        var patch = new StringBuilder("*** Begin Patch\n");
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            patch.Append(_random.Next(4) switch
            {
                0 => $"*** Delete File: {_text.Next()}\n",
                1 => $"*** Update File: {_text.Next()}\n*** Move to: {_text.Next()}\n@@\n-{_text.Next()}\n+{_text.Next()}\n",
                2 => $"*** Update File: {_text.Next()}\n@@ {_text.Next()}\n {_text.Next()}\n-old\n+{_text.Next()}\n",
                _ => $"*** Add File: {_text.Next()}\n+{_text.Next()}\n",
            });
        }

        return patch.Append("*** End Patch").ToString();
    }

    /// <summary>An item of an array as JSON, its texts noted.</summary>
    private string Item(FuzzCall call, string name, JsonElement schema)
    {
        if (_random.Next(20) == 0 || !schema.TryGetProperty("properties", out var properties))
        {
            return _random.Next(3) switch { 0 => "1", 1 => "null", _ => Quote(_text.Next()) };
        }

        var fields = new List<string>();
        foreach (var property in properties.EnumerateObject().Where(_ => _random.Next(20) > 0))
        {
            var text = _text.Next();
            fields.Add($"{Quote(property.Name)}:" + (TypeOf(property.Value) switch
            {
                _ when _random.Next(20) == 0 => "[[]]",
                "string" => Quote(text),
                "boolean" => _random.Next(2) == 0 ? "true" : "\"false\"",
                _ => Numbers[_random.Next(Numbers.Length)],
            }));
            call.Texts.Add((name, text));
        }

        if (_random.Next(30) == 0)
        {
            fields.Add($"{Quote(_text.Next())}:1");
        }

        return $"{{{string.Join(',', fields)}}}";
    }

    private object Number()
    {
        var number = Numbers[_random.Next(Numbers.Length)];
        return _random.Next(10) switch
        {
            0 => NumberTexts[_random.Next(NumberTexts.Length)],
            1 => number,
            2 => double.Parse(number, CultureInfo.InvariantCulture),
            3 => JsonNode.Parse(number)!,
            4 or 5 => _random.Next(-2, 100),
            _ => Json(number),
        };
    }

    /// <summary>The same text as applications and chat clients give it.</summary>
    private object? Wrap(string text) => _random.Next(10) switch
    {
        < 5 => text,
        < 8 => Json(Quote(text)),
        8 => JsonValue.Create(text),
        _ => JsonNode.Parse(Quote(text)),
    };

    private object? Wrong() => _random.Next(26) switch
    {
        0 => null,
        1 => Json("null"),
        2 => default(JsonElement),
        3 => Json(Numbers[_random.Next(Numbers.Length)]),
        4 => Json("true"),
        5 => Json("[]"),
        6 => Json($"[{Quote(_text.Next())}]"),
        7 => Json($"{{{Quote(_text.Next())}:{Quote(_text.Next())}}}"),
        8 => $"[{_text.Next()}",
        9 => $"{{{_text.Next()}}}",
        10 => new string('[', 100_000),
        11 => double.NaN,
        12 => double.NegativeInfinity,
        13 => JsonValue.Create(double.NaN),
        14 => decimal.MaxValue,
        15 => BigInteger.Pow(10, 400),
        16 => '\0',
        17 => new object(),
        18 => new[] { _text.Next() },
        19 => new Dictionary<string, object?> { [_text.Next()] = _text.Next() },
        20 => Encoding.UTF8.GetBytes(_text.Token()),
        21 => new Uri("file:///etc/passwd"),
        22 => DayOfWeek.Friday,
        23 => new JsonArray(JsonValue.Create(_text.Next())),
        24 => Nested(200),
        _ => new JsonObject { [_text.Token()] = JsonValue.Create(_text.Next()) },
    };

    /// <summary>The text that a value is taken for where text is wanted; null where it is refused.</summary>
    private static string? AsText(object? value) => value switch
    {
        string text => text,
        JsonElement { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } element => element.GetRawText(),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        JsonValue => "NaN",
        _ => null,
    };

    private static JsonNode Nested(int depth)
    {
        JsonNode node = new JsonArray();
        for (var i = 0; i < depth; i++)
        {
            node = new JsonArray(node);
        }

        return node;
    }

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    /// <summary>A JSON string that says the same, half characters and all: a writer would replace those.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var character in text)
        {
            _ = character is >= ' ' and < (char)127 and not ('"' or '\\') ? quoted.Append(character) : quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
        }

        return quoted.Append('"').ToString();
    }

    private static string TypeOf(JsonElement schema)
    {
        var type = schema.GetProperty("type");
        return (type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().First(static item => !item.ValueEquals("null")) : type).GetString()!;
    }
}
