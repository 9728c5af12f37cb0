namespace ModalAI.Sandboxes;

/// <summary>How running a command came out.</summary>
/// <param name="ExecId">Its id.</param>
/// <param name="ExitCode">Its exit code; null where it was left running.</param>
/// <param name="TimedOut">Whether its time limit ended it.</param>
/// <param name="Duration">How long it took, or was waited for, as seen from here.</param>
internal sealed record CommandRun(string ExecId, int? ExitCode, bool TimedOut, TimeSpan Duration)
{
    /// <summary>Whether it could not be killed at its time limit, and may run on.</summary>
    public bool MayRun { get; init; }
}
