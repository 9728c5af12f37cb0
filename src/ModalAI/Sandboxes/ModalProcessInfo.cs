namespace ModalAI;

/// <summary>A background process in the list of a sandbox.</summary>
/// <param name="Id">Its id (Modal's exec id), for <see cref="ModalProcesses.Get"/>.</param>
/// <param name="Description">
/// What it was started with to describe it, or the start of its command line, about 150 bytes. It is kept in the sandbox, so that what runs in there could
/// have changed it.
/// </param>
/// <param name="StartedAt">When it was started, by the clock of the one who did; kept likewise.</param>
/// <param name="ExitCode">Its exit code, as Modal tells it; 128 + n when signal n ended it; null while it runs.</param>
public sealed record ModalProcessInfo(string Id, string Description, DateTimeOffset StartedAt, int? ExitCode)
{
    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => ExitCode is null;
}
