namespace ModalAI;

/// <summary>An app: what sandboxes belong to in a Modal workspace.</summary>
/// <param name="Id">Its id (<c>ap-…</c>).</param>
/// <param name="Name">Its name.</param>
/// <param name="Environment">The Modal environment that it is in; empty for the workspace's default one.</param>
public sealed record ModalApp(string Id, string Name, string Environment);
