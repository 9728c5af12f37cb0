using ModalAI.Configuration;

namespace ModalAI.Sandboxes;

/// <summary>Checks what a sandbox is asked to be made of, by the same rules as the options of a registration.</summary>
internal static class SandboxCreateRules
{
    /// <exception cref="ModalException">Something is invalid (<see cref="ModalErrorCode.InvalidArgument"/>); the message names all of it.</exception>
    public static void Validate(ModalSandboxCreateOptions options)
    {
        var errors = new OptionErrors(nameof(ModalSandboxCreateOptions));
        SandboxOptionRules.CheckObjectName(errors, nameof(options.AppName), options.AppName);
        SandboxOptionRules.CheckEnvironmentName(errors, nameof(options.Environment), options.Environment);
        SandboxOptionRules.CheckWorkingDirectory(errors, nameof(options.WorkingDirectory), options.WorkingDirectory, options.Volumes.Keys);
        SandboxOptionRules.CheckCommand(errors, nameof(options.Command), options.Command);
        SandboxOptionRules.CheckGpu(errors, nameof(options.Gpu), options.Gpu);
        SandboxOptionRules.CheckCpu(errors, nameof(options.Cpu), options.Cpu, nameof(options.CpuLimit), options.CpuLimit);
        SandboxOptionRules.CheckMemory(errors, nameof(options.MemoryMiB), options.MemoryMiB, nameof(options.MemoryLimitMiB), options.MemoryLimitMiB);
        SandboxOptionRules.CheckVolumes(errors, nameof(options.Volumes), options.Volumes);
        SandboxOptionRules.CheckBuckets(errors, nameof(options.CloudBucketMounts), options.CloudBucketMounts, options.Volumes.Keys);
        SandboxOptionRules.CheckEnvironmentVariables(errors, nameof(options.EnvironmentVariables), options.EnvironmentVariables);
        SandboxOptionRules.CheckBlockedNetwork(
            errors,
            nameof(options.BlockNetwork),
            options.BlockNetwork,
            [
                (nameof(options.OutboundCidrAllowlist), options.OutboundCidrAllowlist is not null),
                (nameof(options.OutboundDomainAllowlist), options.OutboundDomainAllowlist is not null),
                (nameof(options.InboundCidrAllowlist), options.InboundCidrAllowlist is not null),
                (nameof(options.I6pn), options.I6pn),
                (nameof(options.OutboundPolicy), options.OutboundPolicy is not null),
                (nameof(options.EncryptedPorts), options.EncryptedPorts.Count > 0),
                (nameof(options.H2Ports), options.H2Ports.Count > 0),
                (nameof(options.UnencryptedPorts), options.UnencryptedPorts.Count > 0),
            ]);
        SandboxOptionRules.CheckCidrs(errors, nameof(options.OutboundCidrAllowlist), options.OutboundCidrAllowlist);
        SandboxOptionRules.CheckDomains(errors, nameof(options.OutboundDomainAllowlist), options.OutboundDomainAllowlist);
        SandboxOptionRules.CheckCidrs(errors, nameof(options.InboundCidrAllowlist), options.InboundCidrAllowlist);
        if (options.OutboundPolicy is not null && options.OutboundDomainAllowlist is { Count: > 0 })
        {
            errors.AddUnshown(nameof(options.OutboundPolicy), $"cannot be combined with {nameof(options.OutboundDomainAllowlist)}");
        }

        SandboxOptionRules.CheckPorts(
            errors,
            (nameof(options.EncryptedPorts), options.EncryptedPorts),
            (nameof(options.H2Ports), options.H2Ports),
            (nameof(options.UnencryptedPorts), options.UnencryptedPorts));
        if (options.Name is not null)
        {
            SandboxOptionRules.CheckObjectName(errors, nameof(options.Name), options.Name);
        }

        SandboxOptionRules.CheckTags(errors, nameof(options.Tags), options.Tags);
        SandboxOptionRules.CheckTimeouts(errors, nameof(options.Timeout), options.Timeout, nameof(options.IdleTimeout), options.IdleTimeout);
        SandboxOptionRules.CheckPlacement(errors, nameof(options.Regions), options.Regions, nameof(options.Cloud), options.Cloud);
        PtyRequests.Check(errors, nameof(options.Pty), options.Pty);

        SandboxOptionRules.CheckExperimentalOptions(errors, nameof(options.ExperimentalOptions), options.ExperimentalOptions);
        if (options.Runtime is { } runtime && !Enum.IsDefined(runtime))
        {
            errors.Add(nameof(options.Runtime), runtime, $"it must be {string.Join(" or ", Enum.GetNames<ModalSandboxRuntime>())}, or not set");
        }

        errors.ThrowIfAny();
    }
}
