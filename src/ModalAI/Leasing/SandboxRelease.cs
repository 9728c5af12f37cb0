using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Ends a sandbox that nobody needs any more, in bounded time and without a word to the caller: a failure is logged.</summary>
internal static class SandboxRelease
{
    public static async ValueTask TerminateAsync(ModalSandbox sandbox, ModalClient client)
    {
        try
        {
            // Limited by the client's TerminateTimeout; not by the caller, who may have been cancelled.
            await sandbox.TerminateAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModalException or ObjectDisposedException)
        {
            Log.SandboxNotTerminated(client.LoggerFor<ModalSandboxLease>(), exception, sandbox.Id);
        }

        await sandbox.DisposeAsync().ConfigureAwait(false);
    }
}
