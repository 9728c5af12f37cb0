using ModalAI.Protocol;

namespace ModalAI.Emulator.Network;

/// <summary>What a sandbox's network is to be, after its definition was checked.</summary>
internal sealed record NetworkPlan
{
    public NetworkKind Kind { get; init; }

    /// <summary>What may be reached, where the network is guarded.</summary>
    public NetworkPolicy Policy { get; init; } = NetworkPolicy.Open;

    /// <summary>The ports that get tunnels.</summary>
    public IReadOnlyList<PortPlan> Ports { get; init; } = [];

    public InboundRule Inbound { get; init; } = new([]);

    /// <summary>How to find out that the sandbox is ready; null for no way.</summary>
    public Probe? ReadinessProbe { get; init; }

    /// <summary>Whether it was created with an outbound policy, which alone lets that be replaced.</summary>
    public bool HasOutboundPolicy { get; init; }
}
