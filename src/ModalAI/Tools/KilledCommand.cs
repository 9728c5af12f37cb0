namespace ModalAI.Tools;

/// <summary>Tells a command that was killed from one that ended with its sandbox: Modal gives both the same exit code.</summary>
internal static class KilledCommand
{
    /// <summary>The exit code of what signal 9 has ended.</summary>
    public const int ExitCode = 137;

    /// <summary>How long the sandbox may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Throws where a command was killed because its sandbox has ended. Asks of commands alone that were killed, and asks the sandbox itself: it takes no
    /// command any more when it begins to end, while Modal tells of its end when that is over.
    /// </summary>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.SandboxEnded"/>.</exception>
    public static async Task ThrowIfSandboxEndedAsync(ModalSandbox sandbox, int? exitCode, CancellationToken cancellationToken)
    {
        if (exitCode != ExitCode)
        {
            return;
        }

        using var limit = new CancellationTokenSource(Patience, sandbox.Client.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await sandbox.ExecuteAsync(ModalCommand.Create("true") with { Timeout = Patience }, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsNoAnswer(exception))
        {
            // How the command ended is known all the same.
        }

        bool IsNoAnswer(Exception exception) =>
            exception is ModalException { Code: not ModalErrorCode.SandboxEnded }
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);
    }
}
