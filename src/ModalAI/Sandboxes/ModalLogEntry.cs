namespace ModalAI;

/// <summary>An entry of a sandbox's log.</summary>
/// <param name="Text">What was printed, with its line break.</param>
/// <param name="Source">Where it was printed.</param>
/// <param name="Time">When, by Modal's clock.</param>
/// <param name="SandboxId">The sandbox.</param>
/// <param name="ContainerId">The sidecar that printed it (<c>ctr-…</c>); null where that is not told, as for the sandbox's own command.</param>
public sealed record ModalLogEntry(string Text, ModalLogSource Source, DateTimeOffset Time, string SandboxId, string? ContainerId);
