namespace ModalAI.Leasing;

/// <summary>A sandbox that a call found ended, while Modal does not tell so yet: it takes no command any more when it begins to end, and its end is told when that is over.</summary>
internal static class DoubtedSandbox
{
    /// <summary>How long it may take to answer, and to end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How it ended; null where it takes commands, or where its end can't be had.</summary>
    public static async Task<ModalSandboxExit?> FindExitAsync(ModalSandbox sandbox)
    {
        using var limit = new CancellationTokenSource(Patience, sandbox.Client.TimeProvider);
        try
        {
            await sandbox.ExecuteAsync(ModalCommand.Create("true") with { Timeout = Patience }, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.SandboxEnded)
        {
            return await WaitAsync(sandbox).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModalException or OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<ModalSandboxExit?> WaitAsync(ModalSandbox sandbox)
    {
        try
        {
            return await sandbox.WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (ModalException)
        {
            return null;
        }
    }
}
