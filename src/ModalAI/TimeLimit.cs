namespace ModalAI;

/// <summary>Waits that end by themselves.</summary>
internal static class TimeLimit
{
    /// <summary>Waits for at most so long.</summary>
    /// <param name="wait">What to wait for; its token ends the wait.</param>
    /// <param name="timeout">More than zero, or <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="late">What the caller is told when the time is over.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Timeout"/>: the time is over.</exception>
    public static async Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> wait, TimeSpan timeout, TimeProvider timeProvider, string late, CancellationToken cancellationToken)
    {
        if (timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                nameof(timeout), timeout, "A time limit must be more than zero; Timeout.InfiniteTimeSpan is for none.");
        }

        using var timer = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await wait(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModalException(ModalErrorCode.Timeout, $"{late} within {timeout}.", exception);
        }
    }
}
