namespace ModalAI.Emulator;

/// <summary>One RPC in the ledger. Times count from the emulator's start, in real time.</summary>
public sealed class ModalEmulatorRpc
{
    internal ModalEmulatorRpc(string name, TimeSpan startedAt)
    {
        Name = name;
        StartedAt = startedAt;
    }

    /// <summary>The RPC's short name, such as <c>SandboxCreateV2</c>.</summary>
    public string Name { get; }

    /// <summary>When it arrived.</summary>
    public TimeSpan StartedAt { get; }

    /// <summary>When it ended; null while it runs.</summary>
    public TimeSpan? EndedAt { get; internal set; }

    /// <summary>How it ended, <see cref="RpcStatusCode.Unavailable"/> where a fault broke it off; null while it runs.</summary>
    public RpcStatusCode? Status { get; internal set; }
}
