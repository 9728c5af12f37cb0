namespace ModalAI.Configuration;

/// <summary>What the options of leasing must be.</summary>
internal static class LeasingOptionRules
{
    internal const string TagPrefix = "modalai-";
    private const int MaxCreatesPerSecond = 1000;
    private const int MaxReplacements = 1000;
    private static readonly TimeSpan MaxSnapshotLifetime = TimeSpan.FromDays(3650);

    internal static void Check(OptionErrors errors, ModalSandboxOptions options)
    {
        if (options.Owner is not null && !ModalNames.IsTag(options.Owner))
        {
            errors.Add(nameof(options.Owner), options.Owner, ModalNames.TagRule);
        }

        foreach (var tag in options.Tags.Keys.Where(static tag => tag.StartsWith(TagPrefix, StringComparison.Ordinal)))
        {
            errors.AddStatement($"{errors.NameOf(nameof(options.Tags))} has a tag named {OptionErrors.Show(tag)}: names that begin with '{TagPrefix}' are kept for the library.");
        }

        CheckTime(errors, nameof(options.LeaseDuration), options.LeaseDuration);
        CheckTime(errors, nameof(options.SetupTimeout), options.SetupTimeout);
        CheckTime(errors, nameof(options.HookTimeout), options.HookTimeout);
        if (options.SweepInterval != TimeSpan.Zero && (options.SweepInterval < SandboxOptionRules.MinTimeout || options.SweepInterval > SandboxOptionRules.MaxTimeout))
        {
            errors.Add(nameof(options.SweepInterval), options.SweepInterval, "it must be from 1 second (00:00:01) to 24 hours (1.00:00:00), or 0 for never");
        }

        if (options.AcquireTimeout <= TimeSpan.Zero || options.AcquireTimeout > SandboxOptionRules.MaxTimeout)
        {
            errors.Add(nameof(options.AcquireTimeout), options.AcquireTimeout, "it must be more than 0 and at most 24 hours (1.00:00:00)");
        }

        if (options.SnapshotLifetime < SandboxOptionRules.MinTimeout || options.SnapshotLifetime > MaxSnapshotLifetime || options.SnapshotLifetime.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            errors.Add(nameof(options.SnapshotLifetime), options.SnapshotLifetime, "it must be whole seconds, from 1 second (00:00:01) to ten years (3650.00:00:00)");
        }

        CheckNumber(errors, nameof(options.MaxSandboxes), options.MaxSandboxes, 1, int.MaxValue);
        CheckNumber(errors, nameof(options.CreatesPerSecond), options.CreatesPerSecond, 1, MaxCreatesPerSecond);
        CheckNumber(errors, nameof(options.MaxReplacementsPerHour), options.MaxReplacementsPerHour, 0, MaxReplacements);
        if (!Enum.IsDefined(options.WhenConfigurationDiffers))
        {
            errors.Add(
                nameof(options.WhenConfigurationDiffers), options.WhenConfigurationDiffers, $"it must be {string.Join(" or ", Enum.GetNames<ModalConfigurationDrift>())}");
        }

        foreach (var (index, command) in options.SetupCommands.Index())
        {
            if (string.IsNullOrWhiteSpace(command) || command.Contains('\0', StringComparison.Ordinal))
            {
                errors.AddUnshown($"{nameof(options.SetupCommands)}[{index}]", "must be a command line, without NUL characters");
            }
        }

        CheckPool(errors, options);
    }

    private static void CheckPool(OptionErrors errors, ModalSandboxOptions options)
    {
        CheckNumber(errors, nameof(options.PoolSize), options.PoolSize, 0, Math.Max(options.MaxSandboxes, 0));
        if (options.PoolSize > 0 && options.Mode == ModalSandboxMode.ReuseExisting)
        {
            errors.Add(
                nameof(options.PoolSize), options.PoolSize, $"with {nameof(ModalSandboxMode.ReuseExisting)} there is nothing to keep ready; set it to 0");
        }

        if (options.PoolMaxAge is not { } age)
        {
            return;
        }

        var (limit, name) = options.IdleTimeout is { } idle && idle < options.Timeout ? (idle, nameof(options.IdleTimeout)) : (options.Timeout, nameof(options.Timeout));
        if (age <= TimeSpan.Zero || age >= limit)
        {
            errors.Add(nameof(options.PoolMaxAge), age, $"it must be more than 0 and less than {name}, which is {OptionErrors.Show(limit)}");
        }
    }

    private static void CheckTime(OptionErrors errors, string option, TimeSpan time)
    {
        if (time < SandboxOptionRules.MinTimeout || time > SandboxOptionRules.MaxTimeout)
        {
            errors.Add(option, time, "it must be from 1 second (00:00:01) to 24 hours (1.00:00:00)");
        }
    }

    private static void CheckNumber(OptionErrors errors, string option, int number, int least, int most)
    {
        if (number < least || number > most)
        {
            errors.Add(option, number, most == int.MaxValue ? $"it must be at least {least}" : $"it must be from {least} to {most}");
        }
    }
}
