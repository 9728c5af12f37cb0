using System.Text.RegularExpressions;
using static ModalAI.Tests.Tools.Failures.AgentRules;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>How the agent mends names, texts, patterns and patches of which an answer says what they should be.</summary>
internal static class AgentTexts
{
    private const string PatchStart = "*** ";

    public static AgentCall? Mend(AgentCall call, string text, AgentTools tools, Queue<Func<string, AgentCall?>> plan)
    {
        if (Find(text, @"'([^']+)' does not exist.* Similar: '([^']+)'") is { Success: true } similar)
        {
            return call.Rewrite(value => value.Replace(similar.Groups[1].Value, similar.Groups[2].Value, StringComparison.Ordinal));
        }

        if (text.Contains("leave the slash at its end out", StringComparison.Ordinal))
        {
            return call.Rewrite(static value => value.StartsWith(PatchStart, StringComparison.Ordinal) ? value : value.TrimEnd('/'));
        }

        if (text.Contains("put a backslash before characters that are meant literally", StringComparison.Ordinal))
        {
            return call.With(call.Pattern, Regex.Replace($"{call.Arguments[call.Pattern]}", @"[][\\^$.|?*+(){}]", @"\$0"));
        }

        if (text.Contains("Search for one of them", StringComparison.Ordinal))
        {
            return call.With(call.Pattern, $"{call.Arguments[call.Pattern]}".Split('\n')[0]);
        }

        if (text.Contains("with **/ in front of the pattern, and without path", StringComparison.Ordinal))
        {
            return call.Without("path").With("pattern", $"**/{call.Text("pattern")}");
        }

        return MendOldText(call, text, tools, plan) ?? MendPatch(call, text) ?? WriteOtherwise(call, text, tools, plan);
    }

    private static AgentCall? MendOldText(AgentCall call, string text, AgentTools tools, Queue<Func<string, AgentCall?>> plan)
    {
        if (Find(text, @"(\w+) begins its lines with the line numbers .* Leave them and the tabs after them out") is { Success: true } numbered)
        {
            var name = numbered.Groups[1].Value;
            return call.With(name, Regex.Replace($"{call.Arguments[name]}", @"^ *\d+\t", "", RegexOptions.Multiline));
        }

        if (Find(text, @"Closest: lines? (\d+)(?:-(\d+))?[^«]*«([^»]*)»") is not { Success: true } closest)
        {
            return null;
        }

        if (Find(text, @"(\w+) does not occur in it") is { Success: true } old)
        {
            var name = old.Groups[1].Value;
            if (!closest.Groups[2].Success)
            {
                return call.With(name, closest.Groups[3].Value);
            }

            plan.Enqueue(answer => call.With(name, string.Join('\n', Enumerable.Range(Number(closest.Groups[1]), Number(closest.Groups[2]) - Number(closest.Groups[1]) + 1)
                .Select(line => Regex.Match(answer, $@"^ *{line}\t(.*)$", RegexOptions.Multiline).Groups[1].Value))));
            return tools.Call(tools.Reader!, PathOf(call, text)!);
        }

        if (Find(text, @"line «([^»]*)», which the patch gives behind @@") is { Success: true } anchor)
        {
            return call.Rewrite(value => value.Replace($"@@ {anchor.Groups[1].Value}", $"@@ {closest.Groups[3].Value}", StringComparison.Ordinal));
        }

        return Find(text, @"the change from the patch's line (\d+) on") is { Success: true } change
            ? EditLines(call, lines =>
            {
                var wrong = lines.FindIndex(Number(change.Groups[1]) - 1, static line => line.StartsWith('-') || line.StartsWith(' '));
                lines[wrong] = lines[wrong][0] + closest.Groups[3].Value;
            })
            : null;
    }

    private static AgentCall? MendPatch(AgentCall call, string text)
    {
        if (Find(text, @"line (\d+) should be nothing after") is { Success: true } rest)
        {
            return EditLines(call, lines => lines.RemoveRange(Number(rest.Groups[1]) - 1, lines.Count - Number(rest.Groups[1]) + 1));
        }

        if (Find(text, @"line (\d+) should be [^«]*with '(.)'[^«]* in front of it.*, but is") is { Success: true } mark)
        {
            return EditLines(call, lines => lines[Number(mark.Groups[1]) - 1] = mark.Groups[2].Value + lines[Number(mark.Groups[1]) - 1]);
        }

        if (Find(text, @"line (\d+) should be '(\*\*\* \w+ Patch)', but is") is { Success: true } missing)
        {
            return EditLines(call, lines => lines.Insert(Number(missing.Groups[1]) - 1, missing.Groups[2].Value));
        }

        return Find(text, @"it ends after line \d+, where .*'(\*\*\* \w+ Patch)' should follow") is { Success: true } end
            ? EditLines(call, lines => lines.Add(end.Groups[1].Value))
            : null;
    }

    private static AgentCall? WriteOtherwise(AgentCall call, string text, AgentTools tools, Queue<Func<string, AgentCall?>> plan)
    {
        if (Find(text, @"[Uu]se (\w+) to (?:make a file|give it content)") is { Success: true } write && call.Text("new") is { } content)
        {
            return tools.Call(write.Groups[1].Value, call.Path!, content);
        }

        if (Find(text, @"Use (\w+) to write it in parts") is { Success: true } parts)
        {
            return tools.Call(parts.Groups[1].Value, $"printf %s {Quote($"{call.Text("content")}")} >{Quote(call.Path!)}");
        }

        if (Find(text, @"Use (\w+) with sed") is { Success: true } sed)
        {
            return tools.Call(sed.Groups[1].Value, $"sed -i {Quote($"s/{call.Text("old")}/{call.Text("new")}/")} {Quote(call.Path!)}");
        }

        if (Find(text, @"put it into a file with (\w+), then run that") is { Success: true } file)
        {
            plan.Enqueue(_ => tools.Call(call.Tool, "sh /tmp/long-command"));
            return tools.Call(file.Groups[1].Value, "/tmp/long-command", (string)call.Arguments.Values.First()!);
        }

        return Find(text, @"or use (\w+) \(rm -r\)") is { Success: true } remove ? tools.Call(remove.Groups[1].Value, $"rm -r {Quote(call.Path!)}") : null;
    }

    /// <summary>Changes the lines of the argument that has several.</summary>
    private static AgentCall EditLines(AgentCall call, Action<List<string>> edit) => call.Rewrite(value =>
    {
        var lines = value.TrimEnd('\n').Split('\n').ToList();
        edit(lines);
        return string.Join('\n', lines) + "\n";
    });
}
