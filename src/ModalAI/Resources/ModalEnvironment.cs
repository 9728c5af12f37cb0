namespace ModalAI;

/// <summary>An environment: a namespace of apps, secrets and volumes in a Modal workspace.</summary>
/// <param name="Id">Its id (<c>en-…</c>).</param>
/// <param name="Name">Its name.</param>
public sealed record ModalEnvironment(string Id, string Name);
