using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>
/// What a model is told of the sandbox that its tools work in: what the options say, no more than is true for every sandbox made by them, and no
/// value of a secret or a variable.
/// </summary>
internal static class SandboxInstructions
{
    private const int MaxListed = 20;

    /// <param name="set">The tools.</param>
    public static string Describe(InstructionFacts set)
    {
        if (set.Tools.Count == 0)
        {
            return "";
        }

        var options = set.Sandboxes;
        var text = new StringBuilder();
        var gpu = options?.Gpu is { } name ? $" with a GPU ({name})" : "";
        text.Append(CultureInfo.InvariantCulture, $"The tools {Join(set.Tools)} work in a sandbox: a Linux computer of your own{gpu}.");
        Add(text, options?.WorkingDirectory is { } directory ? $"Commands and relative paths start in {directory}." : null);
        Add(text, Life(set.Life));
        AddStorage(text, options);
        AddCommands(text, set);

        // Who names a sandbox by its id has not said how it was made.
        if (options is not null && SandboxFacts.AreKnown(options))
        {
            var idle = options.IdleTimeout is { } idleTimeout ? $", or when nothing was done in it for {Time(idleTimeout)}" : "";
            Add(text, $"The sandbox ends {Time(options.Timeout)} after it was made{idle}.");
            Add(text, Network(options));
            Add(text, Files(options));
        }

        Add(text, set.Programs);
        Add(text, set.Publish is { } publish ? $"The user sees no file of the sandbox but those that you give them with {publish}." : null);
        return text.ToString();
    }

    private static string Life(SandboxLife life) => life switch
    {
        SandboxLife.Bound => "Files and background processes stay from one call to the next, for as long as the sandbox lives.",
        SandboxLife.Shared =>
            "Files and background processes stay from one call to the next, and after your answer for as long as the sandbox lives; it may hold what earlier work left.",
        SandboxLife.PerResponse => "Files and background processes stay from one call to the next, until you have answered; then the sandbox and all in it is gone.",
        SandboxLife.PerSession =>
            "Files and background processes stay from one call to the next, also after your answer, until this session is over; then the sandbox and all in it is gone.",
        _ => "Each call has a new sandbox: files and processes do not stay for the next call, so do in one call what belongs together.",
    };

    private static void AddCommands(StringBuilder text, InstructionFacts set)
    {
        var (words, settings) = (set.Words, set.Settings);
        if (words.Shell is null)
        {
            return;
        }

        if (settings.IsSandboxKept)
        {
            Add(text, settings.StateKey is null
                ? "Each command has a shell of its own: a changed directory or variable does not stay."
                : "A changed directory and exported variables stay for the next command; functions and unexported variables do not. "
                    + "Relative paths of other tools start where they always do.");
        }

        if (words.Sessions is { } sessions)
        {
            Add(text, sessions);
            return;
        }

        Add(text, $"A command is killed after {Time(settings.Timeout)}{(words.Timeout is null ? "" : ", unless the call says otherwise")}.");
        if (words.ReadJob is { } read && settings.YieldAfter is { } time)
        {
            Add(text, $"One that takes longer than {Time(time)} goes on as a job; follow it with {read}, do not start it again.");
        }
    }

    /// <summary>What can be reached of the network, as a sentence.</summary>
    internal static string Network(ModalSandboxOptions options)
    {
        var networks = options.OutboundCidrAllowlist;
        var domains = options.OutboundDomainAllowlist;
        if (SandboxFacts.IsOffline(options))
        {
            return "It has no access to the network.";
        }

        if (networks is null && domains is null)
        {
            return "It can reach the internet.";
        }

        List<string> reachable = [.. networks ?? [], .. (domains ?? []).Select(static domain => $"{domain} (TLS on port 443)")];
        return $"Of the network it can reach only {Join(reachable)}.";
    }

    private static void AddStorage(StringBuilder text, ModalSandboxOptions? options)
    {
        if (options is null)
        {
            return;
        }

        List<(string Path, bool ReadOnly)> mounts =
        [
            .. options.Volumes.Select(static volume => (volume.Key, volume.Value.ReadOnly)),
            .. options.CloudBucketMounts.Select(static bucket => (bucket.Key, bucket.Value.ReadOnly)),
        ];
        string[] kept = [.. mounts.Where(static mount => !mount.ReadOnly).Select(static mount => mount.Path)];
        string[] fixedOnes = [.. mounts.Where(static mount => mount.ReadOnly).Select(static mount => mount.Path)];
        Add(text, kept.Length == 0 ? null : $"What is written to {Join(kept)} is kept when the sandbox has ended.");
        Add(text, fixedOnes.Length == 0 ? null : $"{Join(fixedOnes)} can only be read.");
    }

    private static string? Files(ModalSandboxOptions options) =>
        options.InitialFiles.Count == 0 ? null : $"A new sandbox has {Join([.. options.InitialFiles.Keys])}.";

    private static void Add(StringBuilder text, string? sentence)
    {
        if (sentence is not null)
        {
            text.Append(' ').Append(sentence);
        }
    }

    /// <summary>As one speaks: a, b and c. Of many the first are named.</summary>
    private static string Join(IReadOnlyList<string> parts) => parts.Count switch
    {
        1 => parts[0],
        > MaxListed => $"{string.Join(", ", parts.Take(MaxListed))} and {parts.Count - MaxListed} more",
        _ => $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}",
    };

    /// <summary>A time in whole seconds, as Modal counts, or in larger units where they are exact.</summary>
    private static string Time(TimeSpan time)
    {
        var seconds = (long)Math.Ceiling(time.TotalSeconds);
        var (count, unit) = seconds % 3600 == 0 ? (seconds / 3600, "hour") : seconds % 60 == 0 ? (seconds / 60, "minute") : (seconds, "second");
        return $"{count} {unit}{(count == 1 ? "" : "s")}";
    }
}
