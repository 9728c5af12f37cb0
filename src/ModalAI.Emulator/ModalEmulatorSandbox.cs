namespace ModalAI.Emulator;

/// <summary>A sandbox in the ledger.</summary>
/// <param name="Id">Its id (<c>sb-…</c>).</param>
/// <param name="Name">Its name at creation; empty for none.</param>
/// <param name="AppId">Its app (<c>ap-…</c>).</param>
/// <param name="Tags">Its tags at creation.</param>
/// <param name="CreatedAt">When it was created, on the emulator's clock.</param>
public sealed record ModalEmulatorSandbox(string Id, string Name, string AppId, IReadOnlyDictionary<string, string> Tags, DateTimeOffset CreatedAt)
{
    /// <summary>When nothing of it ran any more, on the emulator's clock; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How it ended, in Modal's words such as <c>Terminated</c>, <c>Timeout</c>, <c>IdleTimeout</c> or <c>Success</c>; null while it runs.</summary>
    public string? End { get; init; }
}
