using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>Commands that go on without us.</summary>
public sealed partial class ModalSandbox
{
    /// <summary>Its background processes.</summary>
    public ModalProcesses Processes { get; }

    /// <summary>
    /// Takes up a command that was started before, by this client or another, also one that has ended. Nothing is called yet: the first use of the process tells
    /// whether there is such a command.
    /// </summary>
    /// <param name="processId">The command's id, <see cref="ModalProcess.Id"/>.</param>
    /// <param name="standardOutputOffset">The byte of standard output that reading starts at. Default 0, the first.</param>
    /// <param name="standardErrorOffset">The byte of standard error that reading starts at. Default 0, the first.</param>
    /// <returns>
    /// The process. Its input goes on after what Modal has taken (RPC TaskExecStdinStatus, at the first write); only one client may write. All of its calls fail with
    /// <see cref="ModalErrorCode.NotFound"/> where Modal knows no such command. <see cref="ModalProcess.KillAsync"/> finds commands that this library has started.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">An offset is negative.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox was let go of.</exception>
    public ModalProcess AttachProcess(string processId, long standardOutputOffset = 0, long standardErrorOffset = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(processId);
        ArgumentOutOfRangeException.ThrowIfNegative(standardOutputOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(standardErrorOffset);
        ThrowIfDetached();
        return new ModalProcess(_commands.Exec, new ExecHandle(processId, Task.CompletedTask, IsAttached: true), _commands.Killer, standardOutputOffset, standardErrorOffset);
    }
}
