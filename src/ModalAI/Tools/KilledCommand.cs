using ModalAI.Rpc;

namespace ModalAI.Tools;

/// <summary>Tells a command that was killed from one that ended with its sandbox: Modal gives both the same exit code.</summary>
internal static class KilledCommand
{
    /// <summary>The exit code of what signal 9 has ended.</summary>
    public const int ExitCode = 137;

    /// <summary>Throws where a command was killed because its sandbox has ended. Asks Modal only of commands that were killed.</summary>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.SandboxEnded"/>.</exception>
    public static async Task ThrowIfSandboxEndedAsync(ModalSandbox sandbox, int? exitCode, CancellationToken cancellationToken)
    {
        if (exitCode == ExitCode && await HasEndedAsync(sandbox, cancellationToken).ConfigureAwait(false))
        {
            throw ModalErrors.SandboxEnded(sandbox.Id, "the command ended with it");
        }
    }

    private static async Task<bool> HasEndedAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        try
        {
            return await sandbox.PollAsync(cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (ModalException)
        {
            // How the command ended is known all the same.
            return false;
        }
    }
}
