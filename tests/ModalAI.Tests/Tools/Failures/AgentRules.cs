using System.Globalization;
using System.Text.RegularExpressions;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>How the agent finds the next call in a text. What can't be found there ends its work.</summary>
internal static class AgentRules
{
    /// <summary>The next call; null for none.</summary>
    /// <param name="call">The call that was answered.</param>
    /// <param name="text">The answer.</param>
    /// <param name="tools">The functions.</param>
    /// <param name="plan">Takes the calls after the next one, each made from the answer before it.</param>
    public static AgentCall? Next(AgentCall call, string text, AgentTools tools, Queue<Func<string, AgentCall?>> plan)
    {
        if (text.Contains("Further calls will fail too", StringComparison.Ordinal))
        {
            return null;
        }

        return AgentArguments.Mend(call, text)
            ?? AgentTexts.Mend(call, text, tools, plan)
            ?? FollowJob(call, text, tools, plan)
            ?? LookAround(call, text, tools, plan)
            ?? Repeat(call, text, tools, plan);
    }

    public static Match Find(string text, string pattern) => Regex.Match(text, pattern, RegexOptions.Singleline | RegexOptions.CultureInvariant);

    public static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    /// <summary>Text as a word of a shell.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>The file or directory that a text is about.</summary>
    public static string? PathOf(AgentCall call, string text) =>
        call.Path?.TrimEnd('/') is { Length: > 0 } path ? path : Find(text, @"(?:Error: |at |in )'([^']+)'") is { Success: true } match ? match.Groups[1].Value : null;

    private static AgentCall? FollowJob(AgentCall call, string text, AgentTools tools, Queue<Func<string, AgentCall?>> plan)
    {
        if (Find(text, @"\. Its jobs: ([0-9a-f-]{36})") is { Success: true } listed)
        {
            return call.With(call.Arguments.Keys.First(static name => name.EndsWith("_id", StringComparison.Ordinal)), listed.Groups[1].Value);
        }

        if (Find(text, @"End one with (\w+)") is { Success: true } limit)
        {
            plan.Enqueue(answer => Find(answer, @"Its jobs: ([0-9a-f-]{36})") is { Success: true } job ? tools.Call(limit.Groups[1].Value, job.Groups[1].Value) : null);
            plan.Enqueue(_ => call);
            return tools.Call(limit.Groups[1].Value, "?");
        }

        var follow = Find(text, @"still running after .* as job ([0-9a-f-]{36}).*; use (\w+) to follow it");
        follow = follow.Success ? follow : Find(text, @"[Jj]ob ([0-9a-f-]{36}) .* use (\w+) to read what it printed");
        return follow.Success ? tools.Waiting(tools.Call(follow.Groups[2].Value, follow.Groups[1].Value), 20) : null;
    }

    /// <summary>Uses a function that the text names, on the file or directory that it is about.</summary>
    private static AgentCall? LookAround(AgentCall call, string text, AgentTools tools, Queue<Func<string, AgentCall?>> plan)
    {
        if (Find(text, @"Use (\w+) on it (?:first|again), then (\w+)") is { Success: true } again)
        {
            plan.Enqueue(_ => call);
            return tools.Call(again.Groups[1].Value, PathOf(call, text)!);
        }

        if (Find(text, @" in (/\S+): use (?:\w+ or )?(\w+)(?: \(([^)]*)\))? on that file") is { Success: true } log)
        {
            return Use(log.Groups[2].Value, log.Groups[3].Value, log.Groups[1].Value);
        }

        if (Find(text, @"Use (\w+)(?: \(([^)]*)\))? to look for it") is { Success: true } search && PathOf(call, text) is { } lost)
        {
            lost = Find(text, "symbolic link to '([^']+)'") is { Success: true } target ? target.Groups[1].Value : lost;
            var name = lost[(lost.LastIndexOf('/') + 1)..];
            return tools.Call(search.Groups[1].Value, tools.IsShell(search.Groups[1].Value) ? $"find . -name {Quote(name)}" : $"**/{name}");
        }

        if (Find(text, @"[Uu]se (?:\w+ or )?(\w+)(?: \(([^)]*)\))? (?:for|to look|to see|on it|to convert)") is { Success: true } use
            && tools.Has(use.Groups[1].Value)
            && PathOf(call, text) is { } path)
        {
            return Use(use.Groups[1].Value, use.Groups[2].Value, path);
        }

        return !text.Contains("look at the mode of the file (ls -l)", StringComparison.Ordinal) ? null
            : tools.Call(tools.Shell, Find($"{call.Text("c")}", @"cd (\S+)") is { Success: true } there ? $"ls -l {there.Groups[1].Value}" : "ls -l");

        AgentCall? Use(string tool, string programs, string path) =>
            !tools.Has(tool) ? null
            : tools.IsShell(tool) ? tools.Call(tool, string.Join(" || ", (programs.Length == 0 ? "file, ls -l" : programs).Split(", ").Select(program => Run(program, path))))
            : tools.TakesPattern(tool) ? tools.Call(tool, "*", path)
            : tools.Call(tool, path);
    }

    private static AgentCall? Repeat(AgentCall call, string text, AgentTools tools, Queue<Func<string, AgentCall?>> plan)
    {
        if (Find(text, "Look at the state first, then try again|Look at the files of this call, then do what is missing").Success)
        {
            plan.Enqueue(_ => call);
            return tools.Call(tools.Shell, "pwd; ls -la");
        }

        return Find(text, "The next call (gets|may get) a new one|Try again").Success ? call : null;
    }

    /// <summary>How a program is usually called on a file.</summary>
    private static string Run(string program, string path) => program switch
    {
        "od -c" or "strings" => $"{program} {Quote(path)} | head -n 20",
        "grep -n" => $"grep -n '' {Quote(path)} | head -n 100",
        "sed -n" => $"sed -n 1,100p {Quote(path)}",
        "ls -ld" => $"ls -ld {Quote(path)} \"$(dirname {Quote(path)})\"",
        _ => $"{program} {Quote(path)}",
    };
}
