namespace ModalAI.Emulator.Server;

/// <summary>Waits that clients ask for.</summary>
internal static class LongPoll
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Waits for the end of a task, however it ends.</summary>
    /// <param name="task">The task.</param>
    /// <param name="seconds">For how long at most; a minute is the longest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task WaitAsync(Task task, double seconds, CancellationToken cancellationToken)
    {
        if (seconds > 0)
        {
            var limit = seconds < Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Longest;
            await task.WaitAsync(limit, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
