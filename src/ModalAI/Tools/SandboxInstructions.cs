using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>
/// What a model is told of the sandbox that the tools of a response share: what the options say, no more than is true for every sandbox made by them, and no
/// value of a secret or a variable.
/// </summary>
internal static class SandboxInstructions
{
    private const int MaxListed = 20;

    /// <param name="setup">What the tools have in common.</param>
    /// <param name="life">How long the sandbox lives.</param>
    /// <param name="tools">The tools.</param>
    public static string Describe(ToolSetup setup, SandboxLife life, IReadOnlyList<AITool> tools)
    {
        var text = setup.Options.Instructions ?? Describe(setup.Sandboxes ?? new(), tools.Select(static tool => tool.Name));
        return setup.Options.ConfigureInstructions is { } configure ? configure(text) : text;
    }

    /// <param name="options">The options of the registration.</param>
    /// <param name="tools">Names of the tools.</param>
    public static string Describe(ModalSandboxOptions options, IEnumerable<string> tools)
    {
        var text = new StringBuilder();
        var gpu = options.Gpu is { } name ? $" with a GPU ({name})" : "";
        text.Append(CultureInfo.InvariantCulture, $"The tools {Join([.. tools])} work in a sandbox: a Linux computer of your own{gpu}.");
        Add(text, Place(options.WorkingDirectory));
        Add(text, Life(options));
        AddStorage(text, options);
        Add(text, "Each command has a shell of its own: a changed directory or variable does not stay.");
        Add(text, Limits(options));

        // Who names a sandbox by its id has not said how it was made.
        if (options.SandboxId is null)
        {
            Add(text, Network(options));
            Add(text, Files(options));
        }

        return text.ToString();
    }

    private static string? Place(string? workingDirectory) => workingDirectory is null ? null : $"Commands and relative paths start in {workingDirectory}.";

    private static string Life(ModalSandboxOptions options) => options.Mode == ModalSandboxMode.ReuseExisting
        ? "Files and background processes stay from one call to the next, and after your answer for as long as the sandbox lives; it may hold what earlier work left."
        : "Files and background processes stay from one call to the next, until you have answered; then the sandbox and all in it is gone.";

    private static string Limits(ModalSandboxOptions options)
    {
        var command = $"A command is killed after {Time(options.EffectiveCommandTimeout)}, unless the call says otherwise";
        if (options.SandboxId is not null)
        {
            return $"{command}.";
        }

        var idle = options.IdleTimeout is { } idleTimeout ? $", or when nothing was done in it for {Time(idleTimeout)}" : "";
        return $"{command}; the sandbox ends {Time(options.Timeout)} after it was made{idle}.";
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

    private static void AddStorage(StringBuilder text, ModalSandboxOptions options)
    {
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
