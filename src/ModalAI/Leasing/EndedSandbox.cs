namespace ModalAI.Leasing;

/// <summary>A sandbox that another one takes the place of.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Reason">How it ended, as the end of a sentence.</param>
internal sealed record EndedSandbox(string Id, string Reason)
{
    /// <summary>Whether somebody ended it; otherwise it ended by itself.</summary>
    public bool WasTerminated { get; private init; }

    public static EndedSandbox From(string id, ModalSandboxExit exit) =>
        new(id, Describe(exit)) { WasTerminated = exit.Status == ModalSandboxStatus.Terminated };

    public static string Describe(ModalSandboxExit exit) => exit.Status switch
    {
        ModalSandboxStatus.Timeout => "reached its lifetime",
        ModalSandboxStatus.IdleTimeout => "was idle for too long",
        ModalSandboxStatus.Terminated => "was terminated",
        ModalSandboxStatus.MemoryEviction => "used more memory than there was",
        ModalSandboxStatus.Success or ModalSandboxStatus.Failure => $"ended with exit code {exit.ExitCode}",
        ModalSandboxStatus.InitFailure => "could not be started",
        ModalSandboxStatus.InternalFailure => "was lost by a failure of Modal",
        _ => "ended for an unknown reason",
    };
}
