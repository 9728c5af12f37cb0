namespace ModalAI.Emulator.Server;

/// <summary>One RPC in the ledger. Times count from the emulator's start.</summary>
internal sealed class RpcRecord(string name, TimeSpan startedAt)
{
    public string Name { get; } = name;

    public TimeSpan StartedAt { get; } = startedAt;

    /// <summary>Null while the RPC runs.</summary>
    public TimeSpan? EndedAt { get; internal set; }

    /// <summary>Null while the RPC runs.</summary>
    public RpcStatusCode? Status { get; internal set; }
}
