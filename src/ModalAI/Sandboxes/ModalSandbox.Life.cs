namespace ModalAI;

public sealed partial class ModalSandbox
{
    /// <summary>Waits until the sandbox has ended, for at most so long (RPC SandboxWait, SandboxWaitV2). Works after <see cref="DisposeAsync"/> too.</summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Stops waiting; the sandbox goes on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero.</exception>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Timeout"/>: it still runs; it goes on.</exception>
    public Task<ModalSandboxExit> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        TimeLimit.RunAsync(WaitAsync, timeout, _client.TimeProvider, $"Sandbox {Id} did not end", cancellationToken);

    /// <summary>Ends the sandbox as <see cref="TerminateAsync"/> does, and waits until Modal reports its end (RPC SandboxTerminate, then SandboxWait, or their V2).</summary>
    /// <param name="timeout">How long to wait for the end; null for <see cref="ModalClientOptions.TerminateTimeout"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How it ended: an earlier end stays what it was.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.Timeout"/>: the end was not reported in time; Modal goes on with it. <see cref="ModalErrorCode.NotFound"/>: it ended so long ago that Modal
    /// does not know it any more.
    /// </exception>
    public async Task<ModalSandboxExit> TerminateAndWaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        await TerminateAsync(cancellationToken).ConfigureAwait(false);
        return await WaitAsync(timeout ?? _client.Options.TerminateTimeout, cancellationToken).ConfigureAwait(false);
    }
}
