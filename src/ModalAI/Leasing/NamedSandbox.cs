using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Finds the sandbox of a name, and says whether it is one to use: set up to the end, and with the options of this registration.</summary>
internal sealed class NamedSandbox(LeasingContext context, string name)
{
    private ModalSandboxOptions Options => context.Options;

    /// <param name="alsoEnded">Whether to look for the last one that has ended too, where none runs.</param>
    /// <param name="wasEnded">Whether a sandbox was ended by this very caller, whatever Modal says for a while.</param>
    public async Task<(NamedSandboxVerdict Verdict, ModalSandbox? Sandbox, IReadOnlyDictionary<string, string>? Tags, EndedSandbox? Ended)> FindAsync(
        bool alsoEnded, Predicate<string> wasEnded)
    {
        ModalSandbox sandbox;
        ModalSandboxExit? exit;
        IReadOnlyDictionary<string, string> tags;
        try
        {
            var id = await context.Client.Sandboxes.GetIdByNameAsync(Options.AppName, name, Options.Environment, alsoEnded, CancellationToken.None).ConfigureAwait(false);
            if (wasEnded(id))
            {
                return (NamedSandboxVerdict.Make, null, null, null);
            }

            sandbox = context.Client.Sandboxes.Get(id, new() { Name = name, Environment = Options.Environment, CommandTimeout = Options.EffectiveCommandTimeout });
            var reading = sandbox.GetTagsAsync(CancellationToken.None);
            reading.Observe();
            exit = await sandbox.PollAsync(CancellationToken.None).ConfigureAwait(false);
            tags = exit is null ? await reading.ConfigureAwait(false) : new Dictionary<string, string>();
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            return (NamedSandboxVerdict.Make, null, null, null);
        }

        if (exit is not null)
        {
            return (NamedSandboxVerdict.Make, null, null, EndedSandbox.From(sandbox.Id, exit));
        }

        var verdict = await JudgeAsync(sandbox, tags).ConfigureAwait(false);
        return (verdict, sandbox, tags, verdict == NamedSandboxVerdict.Differs ? new EndedSandbox(sandbox.Id, "had been created with other options, or not been set up to the end") : null);
    }

    public static ModalException Differs(string what) => new(
        ModalErrorCode.Conflict,
        $"{what} was created with other options than these. Set {nameof(ModalSandboxOptions.WhenConfigurationDiffers)} of {nameof(ModalSandboxOptions)} to "
        + $"{nameof(ModalConfigurationDrift.Replace)} or {nameof(ModalConfigurationDrift.Use)}, choose another {nameof(ModalSandboxOptions.Name)}, or end it.");

    private async Task<NamedSandboxVerdict> JudgeAsync(ModalSandbox sandbox, IReadOnlyDictionary<string, string> tags)
    {
        if (!tags.TryGetValue(LeaseTags.Config, out var configuration))
        {
            // Made by other means, and named in the options all the same.
            return NamedSandboxVerdict.Use;
        }

        var owner = tags.GetValueOrDefault(LeaseTags.Owner);
        if (!tags.ContainsKey(LeaseTags.Ready))
        {
            // Somebody is setting it up, or ending it.
            if (LeaseTags.ExpiryOf(tags) is not null && !LeaseTags.HasExpired(tags, context.Time.GetUtcNow()))
            {
                return NamedSandboxVerdict.Wait;
            }

            Log.SandboxNotSetUp(context.Logger, sandbox.Id);
            return owner == context.Owner
                ? NamedSandboxVerdict.Differs
                : throw new ModalException(
                    ModalErrorCode.Conflict,
                    $"Sandbox '{name}' ({sandbox.Id}) was not set up to the end by its owner '{owner}', which is not this one ({nameof(Options.Owner)} of {nameof(ModalSandboxOptions)}: "
                    + $"'{context.Owner}'). Choose another {nameof(Options.Name)}, or end it.");
        }

        if (configuration == await context.GetConfigurationHashAsync().ConfigureAwait(false) || Options.WhenConfigurationDiffers == ModalConfigurationDrift.Use)
        {
            return NamedSandboxVerdict.Use;
        }

        return Options.WhenConfigurationDiffers == ModalConfigurationDrift.Replace && owner == context.Owner
            ? NamedSandboxVerdict.Differs
            : throw Differs($"Sandbox '{name}' ({sandbox.Id}, owner '{owner}')");
    }
}
