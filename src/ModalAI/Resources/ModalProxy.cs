namespace ModalAI;

/// <summary>A proxy: addresses that stay the same, which sandboxes go out from.</summary>
/// <param name="Id">Its id (<c>pr-…</c>).</param>
/// <param name="Name">Its name.</param>
public sealed record ModalProxy(string Id, string Name);
