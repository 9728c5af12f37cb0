using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Ends sandboxes that nobody needs any more, in bounded time.</summary>
internal static class SandboxEnding
{
    /// <summary>Ends a sandbox for good and gives its place back. A failure is logged: what is left then, a sweep ends.</summary>
    public static Task EndAsync(LeasingContext context, HeldSandbox held, bool withHook) =>
        EndAsync(context, held, withHook, ended => TryTerminateAsync(context, ended.Sandbox));

    /// <summary>Ends a sandbox for good and gives its place back, unless ending it fails.</summary>
    public static async Task EndAsync(LeasingContext context, HeldSandbox held, bool withHook, Func<HeldSandbox, Task> terminateAsync)
    {
        if (withHook)
        {
            await RunHookAsync(context, context.Options.OnDestroy, nameof(context.Options.OnDestroy), held.Sandbox).ConfigureAwait(false);
        }

        await terminateAsync(held).ConfigureAwait(false);
        await LetGoAsync(context, held).ConfigureAwait(false);
    }

    /// <summary>Ends a sandbox; a failure is logged.</summary>
    public static async Task TryTerminateAsync(LeasingContext context, ModalSandbox sandbox)
    {
        try
        {
            // Limited by the client's TerminateTimeout; not by the caller, who may have been cancelled.
            await sandbox.TerminateAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModalException or ObjectDisposedException or OperationCanceledException)
        {
            Log.SandboxNotTerminated(context.Logger, exception, sandbox.Id);
        }
    }

    /// <summary>Gives the place back of a sandbox that has ended, or is somebody else's to end.</summary>
    public static async Task LetGoAsync(LeasingContext context, HeldSandbox held)
    {
        context.Held.Remove(held.Sandbox.Id);
        held.Place.Dispose();
        await held.Sandbox.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Calls a hook before the end. The end comes all the same.</summary>
    public static async Task RunHookAsync(LeasingContext context, Func<ModalSandbox, CancellationToken, Task>? hook, string name, ModalSandbox sandbox)
    {
        if (hook is null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(context.Options.HookTimeout, context.Time);
        try
        {
            // One that does not heed its token, or never gives its thread back, is left behind.
            await Task.Run(() => hook(sandbox, limit.Token), CancellationToken.None).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.HookFailed(context.Logger, exception, name, sandbox.Id);
        }
    }
}
