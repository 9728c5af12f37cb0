namespace ModalAI;

/// <summary>A sandbox as <see cref="ModalSandboxes.ListAsync"/> reports it (Modal's message SandboxInfo).</summary>
/// <param name="Id">Its id (<c>sb-…</c>).</param>
/// <param name="Name">Its name; empty when it has none.</param>
/// <param name="AppId">Id of its app.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Exit">How it ended; null while it runs.</param>
public sealed record ModalSandboxInfo(
    string Id, string Name, string AppId, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Tags, ModalSandboxExit? Exit);
