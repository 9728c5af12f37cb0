namespace ModalAI.Leasing;

/// <summary>What all sandboxes of a registration are made of.</summary>
internal static class SandboxDescription
{
    public static ModalSandboxCreateOptions Of(ModalSandboxOptions options) => new()
    {
        AppName = options.AppName,
        CreateAppIfMissing = options.CreateAppIfMissing,
        Environment = options.Environment,
        Image = ModalImage.Parse(options.Image),
        WorkingDirectory = options.WorkingDirectory,
        Gpu = options.Gpu,
        Cpu = options.Cpu,
        CpuLimit = options.CpuLimit,
        MemoryMiB = options.MemoryMiB,
        MemoryLimitMiB = options.MemoryLimitMiB,
        Volumes = options.Volumes.AsReadOnly(),
        CloudBucketMounts = options.CloudBucketMounts.AsReadOnly(),
        Secrets = [.. options.Secrets.Select(static name => ModalSecret.FromName(name))],
        EnvironmentVariables = options.EnvironmentVariables.AsReadOnly(),
        BlockNetwork = options.BlockNetwork,
        OutboundCidrAllowlist = options.OutboundCidrAllowlist?.AsReadOnly(),
        OutboundDomainAllowlist = options.OutboundDomainAllowlist?.AsReadOnly(),
        Timeout = options.Timeout,
        IdleTimeout = options.IdleTimeout,
        CommandTimeout = options.EffectiveCommandTimeout,
        Regions = options.Regions.AsReadOnly(),
        Cloud = options.Cloud,
        EncryptedPorts = options.EncryptedPorts.AsReadOnly(),
        H2Ports = options.H2Ports.AsReadOnly(),
        UnencryptedPorts = options.UnencryptedPorts.AsReadOnly(),
        Verbose = options.Verbose,
    };
}
