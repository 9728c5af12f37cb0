using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>
/// Guesses from its exit code and the end of what it printed why a command has failed, and says what would help. What a program prints can mislead that, not
/// more: the exit code stands before it, and of its words a name is repeated at most, which can't pass for more.
/// </summary>
internal static partial class FailureHints
{
    private const int MaxLines = 40;
    private const int MaxLineChars = 400;

    /// <summary>What installs programs.</summary>
    private static readonly string[] Managers = ["apt-get", "apk", "dnf", "microdnf", "yum", "zypper", "pacman", "brew", "pip", "uv", "npm", "conda"];

    /// <summary>Says who runs commands, whether sudo is there, and what of the arguments is.</summary>
    private const string Probe =
        """
        user=$(id -un 2>/dev/null) || user=$(id -u)
        [ "$user" = 0 ] && user=root
        echo "$user"
        for name in sudo "$@"; do
          command -v "$name" >/dev/null 2>&1 && echo "$name"
        done
        exit 0
        """;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);

    public static Task<IReadOnlyList<string>> DescribeAsync(
        ModalSandbox sandbox, CommandAnswer answer, SandboxFacts facts, CancellationToken cancellationToken) =>
        DescribeAsync(answer, facts, () => ProbeAsync(sandbox, cancellationToken));

    /// <param name="answer">The answer.</param>
    /// <param name="facts">What is known of the sandbox.</param>
    /// <param name="probeAsync">What the probe prints, line by line; nothing where it fails.</param>
    internal static async Task<IReadOnlyList<string>> DescribeAsync(CommandAnswer answer, SandboxFacts facts, Func<Task<string[]>> probeAsync)
    {
        if (answer.ExitCode is null or 0)
        {
            return [];
        }

        var lines = (answer.Error is { Text.Length: > 0 } error ? error : answer.Output!).Text.Split('\n').TakeLast(MaxLines)
            .Select(static line => line[..Math.Min(line.Length, MaxLineChars)]).Reverse().ToList();
        var hints = new List<string>();
        if (facts.Network is { } network && lines.Any(static line => Unreachable().IsMatch(line) && !ItsOwn().IsMatch(line)))
        {
            hints.Add($"network: {network.TrimEnd('.')}. That is how this sandbox is set up, so other hosts or another try will not do better");
        }

        if (answer.ExitCode == 127 && lines.Select(static line => Missing().Match(line)).FirstOrDefault(static match => match.Success) is { } missing)
        {
            var managers = (await probeAsync().ConfigureAwait(false)).Skip(1).Intersect(Managers).ToList();
            var advice = managers.Count > 0 ? $"what installs programs here: {string.Join(", ", managers)}" : "there is no package manager either";
            hints.Add($"there is no program '{ToolText.Cut(missing.Groups["name"].Value, 80)}' in this sandbox; {advice}");
        }
        else if ((answer.ExitCode == 126 || lines.Any(static line => Denied().IsMatch(line))) && !answer.TimedOut)
        {
            var there = await probeAsync().ConfigureAwait(false);
            hints.Add(there switch
            {
                [var user, ..] when !User().IsMatch(user) => "permission was denied",
                [] => "permission was denied",
                ["root", ..] => "permission was denied, although commands run as root: look at the mode of the file (ls -l), and whether its file system can be written",
                [var user, "sudo", ..] => $"permission was denied: commands run as {ToolText.Quote(user)}, sudo is there",
                [var user, ..] => $"permission was denied: commands run as {ToolText.Quote(user)}, who is not root; choose a place that they may write",
            });
        }

        return hints;
    }

    private static async Task<string[]> ProbeAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        try
        {
            var result = await sandbox.ExecuteAsync(
                ModalCommand.Create("/bin/sh", ["-c", Probe, "sh", .. Managers]) with { Timeout = ProbeTimeout, DiscardError = true, MaxOutputBytes = 1024 }, cancellationToken).ConfigureAwait(false);
            return result.IsSuccess ? result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (ModalException)
        {
            // A hint is not worth a failure.
            return [];
        }
    }

    [GeneratedRegex(@"^(?:.*?: )?(?:line )?(?:\d+: )?['‘]?(?<name>[\w./+@~%=-]+)['’]?: (?:command not found|not found|No such file or directory)$", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();

    [GeneratedRegex(@"\A[\w.@-]{1,40}\z")]
    private static partial Regex User();

    [GeneratedRegex("permission denied|operation not permitted|EACCES|EPERM|are you root|must be root|read-only file system", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Denied();

    [GeneratedRegex(
        "could not resolve|failure resolving|name resolution|name or service not known|nodename nor servname|bad address|getaddrinfo|EAI_AGAIN|ENOTFOUND|ENETUNREACH|ETIMEDOUT"
        + "|network is unreachable|no route to host|connection timed out|failed to establish a new connection|failed to connect|couldn't connect",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Unreachable();

    /// <summary>What the sandbox reaches in itself.</summary>
    [GeneratedRegex(@"localhost|127\.0\.0\.1|\[?::1\]?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ItsOwn();
}
