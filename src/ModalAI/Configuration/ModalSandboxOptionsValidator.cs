using Microsoft.Extensions.Options;

namespace ModalAI.Configuration;

/// <summary>Checks sandbox options as a whole and reports every problem at once.</summary>
internal sealed class ModalSandboxOptionsValidator : IValidateOptions<ModalSandboxOptions>
{
    private static readonly ModalSandboxOptions Defaults = new();

    public ValidateOptionsResult Validate(string? name, ModalSandboxOptions options)
    {
        var errors = new OptionErrors(nameof(ModalSandboxOptions), name);
        options.BindingErrors.ForEach(errors.AddStatement);

        SandboxOptionRules.CheckObjectName(errors, nameof(options.AppName), options.AppName);
        SandboxOptionRules.CheckEnvironmentName(errors, nameof(options.Environment), options.Environment);
        SandboxOptionRules.CheckImage(errors, nameof(options.Image), options.Image);
        SandboxOptionRules.CheckGpu(errors, nameof(options.Gpu), options.Gpu);
        SandboxOptionRules.CheckCpu(errors, nameof(options.Cpu), options.Cpu, nameof(options.CpuLimit), options.CpuLimit);
        SandboxOptionRules.CheckMemory(errors, nameof(options.MemoryMiB), options.MemoryMiB, nameof(options.MemoryLimitMiB), options.MemoryLimitMiB);
        SandboxOptionRules.CheckPlacement(errors, nameof(options.Regions), options.Regions, nameof(options.Cloud), options.Cloud);
        SandboxOptionRules.CheckTags(errors, nameof(options.Tags), options.Tags);
        CheckContents(errors, options);
        CheckNetwork(errors, options);
        CheckTimes(errors, options);
        CheckMode(errors, options);
        LeasingOptionRules.Check(errors, options);
        return errors.ToResult();
    }

    private static void CheckContents(OptionErrors errors, ModalSandboxOptions options)
    {
        var mounts = options.Volumes.Keys;
        SandboxOptionRules.CheckVolumes(errors, nameof(options.Volumes), options.Volumes);
        SandboxOptionRules.CheckBuckets(errors, nameof(options.CloudBucketMounts), options.CloudBucketMounts, mounts);
        SandboxOptionRules.CheckWorkingDirectory(errors, nameof(options.WorkingDirectory), options.WorkingDirectory, mounts);
        SandboxOptionRules.CheckSecrets(errors, nameof(options.Secrets), options.Secrets);
        SandboxOptionRules.CheckEnvironmentVariables(errors, nameof(options.EnvironmentVariables), options.EnvironmentVariables);
        SandboxOptionRules.CheckInitialFiles(errors, nameof(options.InitialFiles), [.. options.InitialFiles], mounts);
    }

    private static void CheckNetwork(OptionErrors errors, ModalSandboxOptions options)
    {
        SandboxOptionRules.CheckCidrs(errors, nameof(options.OutboundCidrAllowlist), options.OutboundCidrAllowlist);
        SandboxOptionRules.CheckDomains(errors, nameof(options.OutboundDomainAllowlist), options.OutboundDomainAllowlist);
        SandboxOptionRules.CheckPorts(
            errors,
            (nameof(options.EncryptedPorts), options.EncryptedPorts),
            (nameof(options.H2Ports), options.H2Ports),
            (nameof(options.UnencryptedPorts), options.UnencryptedPorts));
        SandboxOptionRules.CheckBlockedNetwork(
            errors,
            nameof(options.BlockNetwork),
            options.BlockNetwork,
            [
                (nameof(options.OutboundCidrAllowlist), options.OutboundCidrAllowlist is not null),
                (nameof(options.OutboundDomainAllowlist), options.OutboundDomainAllowlist is not null),
                (nameof(options.EncryptedPorts), options.EncryptedPorts.Count > 0),
                (nameof(options.H2Ports), options.H2Ports.Count > 0),
                (nameof(options.UnencryptedPorts), options.UnencryptedPorts.Count > 0),
            ]);
    }

    private static void CheckTimes(OptionErrors errors, ModalSandboxOptions options)
    {
        SandboxOptionRules.CheckTimeouts(errors, nameof(options.Timeout), options.Timeout, nameof(options.IdleTimeout), options.IdleTimeout);

        // Nobody has to mend a default that a shorter life time overtakes; nor is the life time known of a sandbox found by id.
        var most = options.SandboxId is null ? options.Timeout : SandboxOptionRules.MaxTimeout;
        var isDefault = options.CommandTimeout == ModalSandboxOptions.DefaultCommandTimeout;
        if (options.CommandTimeout <= TimeSpan.Zero)
        {
            errors.Add(nameof(options.CommandTimeout), options.CommandTimeout, "it must be more than 0");
        }
        else if (options.CommandTimeout > most && !isDefault)
        {
            errors.Add(
                nameof(options.CommandTimeout),
                options.CommandTimeout,
                options.SandboxId is null
                    ? $"it must not be longer than {nameof(options.Timeout)}, which is {OptionErrors.Show(most)}; raise {nameof(options.Timeout)} too"
                    : $"it must not be longer than {OptionErrors.Show(most)}");
        }
    }

    private static void CheckMode(OptionErrors errors, ModalSandboxOptions options)
    {
        if (options.Name is not null)
        {
            SandboxOptionRules.CheckObjectName(errors, nameof(options.Name), options.Name);
        }

        if (options.SandboxId is not null && !ModalNames.IsUnbroken(options.SandboxId))
        {
            errors.Add(nameof(options.SandboxId), options.SandboxId, "it must be the id of a sandbox, 'sb-...', without blanks");
        }

        switch (options.Mode)
        {
            case ModalSandboxMode.NewPerInvocation:
                CheckNewPerInvocation(errors, options);
                break;
            case ModalSandboxMode.ReuseExisting:
                CheckReuseExisting(errors, options);
                break;
            default:
                errors.Add(nameof(options.Mode), options.Mode, $"it must be {string.Join(" or ", Enum.GetNames<ModalSandboxMode>())}");
                break;
        }
    }

    private static void CheckNewPerInvocation(OptionErrors errors, ModalSandboxOptions options)
    {
        const string Remedy = $"set {nameof(options.Mode)} to {nameof(ModalSandboxMode.ReuseExisting)}, or leave it open";
        if (options.Name is not null)
        {
            errors.Add(
                nameof(options.Name),
                options.Name,
                $"with {nameof(ModalSandboxMode.NewPerInvocation)} a second invocation could not start, "
                + $"because a name is unique among running sandboxes; {Remedy}");
        }

        if (options.SandboxId is not null)
        {
            errors.Add(
                nameof(options.SandboxId),
                options.SandboxId,
                $"with {nameof(ModalSandboxMode.NewPerInvocation)} no existing sandbox is used; {Remedy}");
        }
    }

    private static void CheckReuseExisting(OptionErrors errors, ModalSandboxOptions options)
    {
        if (options.Name is null == options.SandboxId is null)
        {
            errors.Add(
                nameof(options.Mode),
                options.Mode,
                $"it needs either {nameof(options.Name)}, to find or create a sandbox, or {nameof(options.SandboxId)}, to use one that runs; "
                + (options.Name is null ? "neither is set" : "both are set"));
        }

        if (options.SandboxId is null)
        {
            return;
        }

        foreach (var option in CreationOnly(options).Where(option => option.IsSet))
        {
            errors.AddUnshown(
                option.Name,
                $"has no effect with {nameof(options.SandboxId)}, because nothing is created: leave it open, or use {nameof(options.Name)} instead");
        }
    }

    private static IEnumerable<(string Name, bool IsSet)> CreationOnly(ModalSandboxOptions options) =>
    [
        (nameof(options.AppName), options.AppName != Defaults.AppName),
        (nameof(options.CreateAppIfMissing), options.CreateAppIfMissing != Defaults.CreateAppIfMissing),
        (nameof(options.Environment), !string.IsNullOrEmpty(options.Environment)),
        (nameof(options.Image), options.Image != Defaults.Image),
        (nameof(options.WorkingDirectory), options.WorkingDirectory is not null),
        (nameof(options.Gpu), !string.IsNullOrEmpty(options.Gpu)),
        (nameof(options.Cpu), options.Cpu is not null),
        (nameof(options.CpuLimit), options.CpuLimit is not null),
        (nameof(options.MemoryMiB), options.MemoryMiB is not null),
        (nameof(options.MemoryLimitMiB), options.MemoryLimitMiB is not null),
        (nameof(options.Volumes), options.Volumes.Count > 0),
        (nameof(options.CloudBucketMounts), options.CloudBucketMounts.Count > 0),
        (nameof(options.Secrets), options.Secrets.Count > 0),
        (nameof(options.InitialFiles), options.InitialFiles.Count > 0),
        (nameof(options.EnvironmentVariables), options.EnvironmentVariables.Count > 0),
        (nameof(options.BlockNetwork), options.BlockNetwork),
        (nameof(options.OutboundCidrAllowlist), options.OutboundCidrAllowlist is not null),
        (nameof(options.OutboundDomainAllowlist), options.OutboundDomainAllowlist is not null),
        (nameof(options.Tags), options.Tags.Count > 0),
        (nameof(options.Timeout), options.Timeout != Defaults.Timeout),
        (nameof(options.IdleTimeout), options.IdleTimeout is not null),
        (nameof(options.Regions), options.Regions.Count > 0),
        (nameof(options.Cloud), options.Cloud is not null),
        (nameof(options.EncryptedPorts), options.EncryptedPorts.Count > 0),
        (nameof(options.H2Ports), options.H2Ports.Count > 0),
        (nameof(options.UnencryptedPorts), options.UnencryptedPorts.Count > 0),
        (nameof(options.Verbose), options.Verbose),
        (nameof(options.SetupCommands), options.SetupCommands.Count > 0),
        (nameof(options.OnStart), options.OnStart is not null),
        (nameof(options.Prewarm), options.Prewarm),
        (nameof(options.WhenConfigurationDiffers), options.WhenConfigurationDiffers != Defaults.WhenConfigurationDiffers),
    ];
}
