namespace ModalAI.Tools;

/// <summary>What is known of the sandboxes that tools work in, to tell why something failed there.</summary>
internal sealed record SandboxFacts
{
    /// <summary>Of a sandbox that somebody else has made.</summary>
    public static SandboxFacts Unknown { get; } = new();

    /// <summary>Memory that can be used at most, in MiB; null where that is not known.</summary>
    public int? MemoryLimitMiB { get; init; }

    /// <summary>What can be reached of the network, as a sentence; null for all, or where that is not known.</summary>
    public string? Network { get; init; }

    /// <summary>How long a sandbox lives; null where that is not known.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>Whether each sandbox was made as the options say: not one that somebody else has made, or that is used whatever it was made of.</summary>
    public static bool AreKnown(ModalSandboxOptions options) =>
        options is { SandboxId: null } and not { Mode: ModalSandboxMode.ReuseExisting, WhenConfigurationDiffers: ModalConfigurationDrift.Use };

    /// <summary>Whether nothing of the network can be reached.</summary>
    public static bool IsOffline(ModalSandboxOptions options)
    {
        var (networks, domains) = (options.OutboundCidrAllowlist, options.OutboundDomainAllowlist);
        return options.BlockNetwork || ((networks ?? domains) is not null && (networks?.Count ?? 0) + (domains?.Count ?? 0) == 0);
    }

    public static SandboxFacts From(ModalSandboxOptions options) => !AreKnown(options)
        ? Unknown
        : new SandboxFacts
        {
            MemoryLimitMiB = options.MemoryLimitMiB,
            Network = options.BlockNetwork || options.OutboundCidrAllowlist is not null || options.OutboundDomainAllowlist is not null
                ? SandboxInstructions.Network(options)
                : null,
            Lifetime = options.Timeout,
        };
}
