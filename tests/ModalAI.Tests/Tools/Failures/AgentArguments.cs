using System.Globalization;
using System.Text.RegularExpressions;
using static ModalAI.Tests.Tools.Failures.AgentRules;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>How the agent mends arguments of which a text says what they should be.</summary>
internal static class AgentArguments
{
    public static AgentCall? Mend(AgentCall call, string text)
    {
        if (Find(text, "it has no argument .* Its arguments: (.*)") is { Success: true } arguments)
        {
            return Rename(call, arguments.Groups[1].Value);
        }

        if (Find(text, @"(\w+)\[\d+\] has no '[^']*', but ([\w, ]+)") is { Success: true } fields)
        {
            return RenameFields(call, fields.Groups[1].Value, fields.Groups[2].Value.Split(", "));
        }

        if (Find(text, @"argument '(\w+)' has to be an? (\w+)") is { Success: true } type)
        {
            var name = type.Groups[1].Value;
            return Convert(call.Arguments[name], type.Groups[2].Value) is { } value ? call.With(name, value)
                : Find(text, $@"\b{name} \(\w+, required\)").Success ? null : call.Without(name);
        }

        if (Find(text, @"argument '(\w+)' holds half of a surrogate pair|(\w+) holds a NUL character") is { Success: true } character)
        {
            return call.Rewrite(static text => Regex.Replace(text, @"\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]", ""));
        }

        if (Find(text, @"(\w+) is -?[\d.]+; it has to be (?:from )?(\d+)") is { Success: true } range)
        {
            return call.With(range.Groups[1].Value, Number(range.Groups[2]));
        }

        if (Find(text, @"(\w+) is '([^']*)'; it can be ([\w, ]+?) or (\w+)") is { Success: true } choice)
        {
            string[] choices = [.. choice.Groups[3].Value.Split(", "), choice.Groups[4].Value];
            return call.With(choice.Groups[1].Value, choices.FirstOrDefault(one => choice.Groups[2].Value.StartsWith(one, StringComparison.Ordinal)) ?? choices[0]);
        }

        if (Find(text, @"(?:context of )?(-?\d+) (?:to -?\d+ lines was|results were) asked for; (\d+) to (\d+) can be") is { Success: true } count)
        {
            var wrong = call.Arguments.First(argument => $"{argument.Value}" == count.Groups[1].Value);
            return call.With(wrong.Key, Math.Clamp(Number(count.Groups[1]), Number(count.Groups[2]), Number(count.Groups[3])));
        }

        if (Find(text, @"(\w+) \d+ is beyond the end of .* Give a number from (\d+) to (\d+)") is { Success: true } end)
        {
            return call.With(end.Groups[1].Value, Number(end.Groups[2]));
        }

        if (Find(text, @"Leave out (\w+) to|(\w+) is no directory that can be entered\. Leave it out") is { Success: true } leave)
        {
            return call.Without(leave.Groups[1].Value + leave.Groups[2].Value);
        }

        if (Find(text, @"; for more: (\w+)=(\d+)\)") is { Success: true } more)
        {
            return call.With(more.Groups[1].Value, Number(more.Groups[2]));
        }

        if (Find(text, @"\bset (\w+)\.") is { Success: true } flag)
        {
            return call.With(flag.Groups[1].Value, true);
        }

        return Find(text, @"give a longer (\w+), at most (\d+)") is { Success: true } longer ? call.With(longer.Groups[1].Value, Number(longer.Groups[2])) : null;
    }

    /// <summary>Gives what has an unknown name to what is missing, and leaves the rest out.</summary>
    private static AgentCall? Rename(AgentCall call, string list)
    {
        var known = Regex.Matches(list, @"(\w+) \((\w+)(, required)?\)");
        var unknown = call.Arguments.Where(argument => known.All(one => one.Groups[1].Value != argument.Key)).ToList();
        var free = known.Where(one => one.Groups[2].Value == "string" && !call.Arguments.ContainsKey(one.Groups[1].Value)).OrderByDescending(static one => one.Groups[3].Length).ToList();
        foreach (var (name, value) in unknown)
        {
            call = call.Without(name);
            var heir = free.FirstOrDefault(one => one.Groups[3].Success || free.Count == 1);
            if (value is string && heir is not null)
            {
                call = call.With(heir.Groups[1].Value, value);
                free.Remove(heir);
            }
        }

        return unknown.Count == 0 ? null : call;
    }

    private static AgentCall? RenameFields(AgentCall call, string argument, string[] names) =>
        call.Arguments[argument] is not Dictionary<string, object?>[] items ? null
        : call.With(argument, items.Select(item => item.ToDictionary(
            field => names.Contains(field.Key) ? field.Key : names.FirstOrDefault(name => name.Contains(field.Key, StringComparison.Ordinal)) ?? field.Key,
            static field => field.Value)).ToArray());

    private static object? Convert(object? value, string type) => (type, value) switch
    {
        ("string", string[] words) => string.Join(' ', words),
        ("string", Dictionary<string, object?> { Count: 1 } item) => item.Values.Single() as string,
        ("integer", string text) => Find(text, @"\d+") is { Success: true } digits ? Number(digits.Groups[0]) : null,
        ("integer", double number) => (int)Math.Ceiling(number),
        ("integer", Dictionary<string, object?> { Count: 1 } item) => item.Values.Single() as int?,
        ("integer", int[] numbers) => numbers[0],
        ("boolean", string word) => word is "yes" or "on" or "1" ? true : word is "no" or "off" or "0" ? false : null,
        ("boolean", int number) => number != 0,
        ("array", not string) => new[] { value },
        _ => null,
    };
}
