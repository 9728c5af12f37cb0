using ModalAI.Protocol;

namespace ModalAI.Sandboxes;

/// <summary>What is known of a sandbox when its handle is made: much from a create reply, nothing from a bare id.</summary>
internal readonly record struct SandboxOrigin
{
    public string? TaskId { get; init; }

    public CommandRouterAccess? Access { get; init; }

    public IReadOnlyDictionary<int, ModalTunnel>? Tunnels { get; init; }

    public string? Name { get; init; }

    public string? Environment { get; init; }

    public TimeSpan? CommandTimeout { get; init; }

    /// <summary>Without the access, which holds a token.</summary>
    public override string ToString() => $"SandboxOrigin ({Name})";
}
