using ModalAI.Configuration;
using ModalAI.Protocol;

namespace ModalAI.Sandboxes;

/// <summary>Fills Modal's message <c>Sandbox</c> as Modal's own SDK does: the same fields set, the same left out.</summary>
internal static class SandboxDefinitions
{
    private const string ExitSnapshotOption = "enable_exit_snapshot";

    public static Sandbox Create(ModalSandboxCreateOptions options, string imageId, IEnumerable<string> secretIds, IEnumerable<VolumeMount> volumeMounts)
    {
        var definition = new Sandbox
        {
            ImageId = imageId,
            TimeoutSecs = WholeSeconds(options.Timeout),
            NetworkAccess = NetworkAccessOf(options.BlockNetwork, options.OutboundCidrAllowlist, options.OutboundDomainAllowlist),
            Resources = ResourcesOf(options),
            OpenPorts = PortsOf(options),
            CloudProviderStr = options.Cloud ?? "",
            Verbose = options.Verbose,
            EnableSnapshot = options.EnableMemorySnapshot,
            PtyInfo = PtyRequests.Create(options.Pty),
            CustomDomain = options.CustomDomain ?? "",
            IncludeOidcIdentityToken = options.IncludeOidcIdentityToken,
            InboundCidrAllowlist = { options.InboundCidrAllowlist ?? [] },
            I6PnEnabled = options.I6pn,
            ReadinessProbe = options.ReadinessProbe?.ToProto(),
            ExperimentalOptionsV2 = { options.ExperimentalOptions.ToDictionary() },
        };
        if (options.EnableExitSnapshot)
        {
            definition.ExperimentalOptionsV2[ExitSnapshotOption] = "true";
        }

        definition.EntrypointArgs.AddRange(options.Command);
        definition.SecretIds.AddRange(secretIds);
        definition.VolumeMounts.AddRange(volumeMounts);
        if (options.IdleTimeout is { } idle)
        {
            definition.IdleTimeoutSecs = WholeSeconds(idle);
        }

        if (!string.IsNullOrEmpty(options.WorkingDirectory))
        {
            definition.Workdir = options.WorkingDirectory;
        }

        if (!string.IsNullOrEmpty(options.Name))
        {
            definition.Name = options.Name;
        }

        if (options.Runtime is { } runtime)
        {
            definition.Runtime = runtime == ModalSandboxRuntime.VirtualMachine ? "vm" : "gvisor";
        }

        if (options.Proxy is { } proxy)
        {
            definition.ProxyId = proxy.Id;
        }

        if (options.Regions.Count > 0)
        {
            definition.SchedulerPlacement = new SchedulerPlacement { Regions = { options.Regions } };
        }

        return definition;
    }

    public static IEnumerable<SandboxTag> TagsOf(IReadOnlyDictionary<string, string> tags) =>
        tags.Select(static tag => new SandboxTag { TagName = tag.Key, TagValue = tag.Value });

    /// <summary>The wire counts whole seconds; a fraction becomes one more, so that nothing ends early.</summary>
    public static uint WholeSeconds(TimeSpan time) => (uint)Math.Ceiling(time.TotalSeconds);

    /// <summary>An empty list is not the same as none: it lets nothing through.</summary>
    public static NetworkAccess NetworkAccessOf(bool blockNetwork, IReadOnlyList<string>? allowedCidrs, IReadOnlyList<string>? allowedDomains)
    {
        if (blockNetwork)
        {
            return new NetworkAccess { NetworkAccessType = NetworkAccess.Types.NetworkAccessType.Blocked };
        }

        if (allowedCidrs is null && allowedDomains is null)
        {
            return new NetworkAccess { NetworkAccessType = NetworkAccess.Types.NetworkAccessType.Open };
        }

        return new NetworkAccess
        {
            NetworkAccessType = NetworkAccess.Types.NetworkAccessType.Allowlist,
            AllowedCidrs = { allowedCidrs ?? [] },
            AllowedDomains = { allowedDomains ?? [] },
        };
    }

    private static Resources ResourcesOf(ModalSandboxCreateOptions options)
    {
        var gpu = new GPUConfig();
        if (GpuSpec.Parse(options.Gpu) is { } spec)
        {
            gpu.GpuType = spec.Type;
            gpu.Count = spec.Count;
        }

        return new Resources
        {
            MilliCpu = (uint)(1000 * (options.Cpu ?? 0)),
            MilliCpuMax = (uint)(1000 * (options.CpuLimit ?? 0)),
            MemoryMb = (uint)(options.MemoryMiB ?? 0),
            MemoryMbMax = (uint)(options.MemoryLimitMiB ?? 0),
            GpuConfig = gpu,
        };
    }

    private static PortSpecs PortsOf(ModalSandboxCreateOptions options)
    {
        var ports = new PortSpecs();
        ports.Ports.AddRange(options.EncryptedPorts.Select(static port => new PortSpec { Port = (uint)port }));
        ports.Ports.AddRange(options.H2Ports.Select(static port => new PortSpec { Port = (uint)port, TunnelType = TunnelType.H2 }));
        ports.Ports.AddRange(options.UnencryptedPorts.Select(static port => new PortSpec { Port = (uint)port, Unencrypted = true }));
        return ports;
    }
}
