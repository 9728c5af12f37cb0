namespace ModalAI.Emulator.Isolation;

/// <summary>What a sandbox is made of.</summary>
internal sealed record SandboxSpec
{
    /// <summary>Unique among the live sandboxes of a host; letters, digits, '-' and '_', since it names a directory.</summary>
    public required string Id { get; init; }

    /// <summary>A host directory with a root file system, which is never written; null for this computer's own programs.</summary>
    public string? RootFileSystem { get; init; }

    /// <summary>What other sandboxes wrote over the same root file system, the lowest first. The sandbox starts with it, and does not change it.</summary>
    public IReadOnlyList<SandboxLayer> Layers { get; init; } = [];

    public IReadOnlyList<VolumeBind> Volumes { get; init; } = [];

    /// <summary>True for a network of its own with loopback only; false for this computer's network, loopback services included.</summary>
    public bool BlockNetwork { get; init; }

    /// <summary>True for a network of its own in which every address leads to a gateway that is still to be opened: see <see cref="IsolatedSandbox.GuardNetworkAsync"/>.</summary>
    public bool GuardNetwork { get; init; }

    /// <summary>A live sandbox whose network this one shares, whatever that is; null for one by <see cref="BlockNetwork"/>.</summary>
    public IsolatedSandbox? NetworkOf { get; init; }

    public bool HasOwnNetwork => NetworkOf?.HasOwnNetwork ?? (BlockNetwork || GuardNetwork);
}
