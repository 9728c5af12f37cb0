namespace ModalAI;

/// <summary>That a sandbox took the place of another, whose processes are gone, as are its files outside of volumes unless they were restored.</summary>
/// <param name="PreviousId">Id of the one that it replaced.</param>
/// <param name="SandboxId">Its own id.</param>
/// <param name="Reason">Why, as the end of a sentence about the previous one, such as <c>was idle for too long</c>.</param>
/// <param name="RestoredFrom">When the files were saved that it started with; null where it started as a new one.</param>
public sealed record ModalSandboxReplacement(string PreviousId, string SandboxId, string Reason, DateTimeOffset? RestoredFrom);
