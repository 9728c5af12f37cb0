namespace ModalAI.Tools;

/// <summary>
/// The sandbox of one response: borrowed when the first call needs it, shared by all calls, given back with the response. When a call finds that it has ended,
/// the next one borrows another.
/// </summary>
internal sealed class ResponseLease(Func<CancellationToken, Task<ModalSandboxLease>> acquire) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _over = new();
    private Task<ModalSandboxLease>? _lease;
    private ModalSandboxLease? _ended;
    private bool _isOver;

    /// <summary>The lease, which calls share. Cancelling stops waiting; others may wait for the same one.</summary>
    /// <exception cref="ObjectDisposedException">The response is over.</exception>
    public async Task<ModalSandboxLease> AcquireAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<ModalSandboxLease> lease;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_lease is null or { IsCompleted: true, IsCompletedSuccessfully: false })
            {
                _lease = Task.Run(() => BorrowAsync(_ended), CancellationToken.None);
                _lease.Observe();
            }

            lease = _lease;
        }

        return await lease.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends one call's use of the lease, which lives on for the next.</summary>
    public ValueTask ReleaseAsync(ModalSandboxLease lease, bool hasEnded)
    {
        lock (_lock)
        {
            if (hasEnded && _lease is { IsCompletedSuccessfully: true } current && current.Result == lease)
            {
                (_lease, _ended) = (null, lease);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Gives the sandbox back. One that is still being created is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<ModalSandboxLease>? lease;
        lock (_lock)
        {
            _isOver = true;
            lease = _lease;
        }

        await _over.CancelAsync().ConfigureAwait(false);
        if (lease is not null)
        {
            await ((Task)lease).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ended = lease.IsCompletedSuccessfully ? await lease.ConfigureAwait(false) : _ended;
        }

        if (_ended is not null)
        {
            await _ended.DisposeAsync().ConfigureAwait(false);
        }

        _over.Dispose();
    }

    /// <summary>Gives an ended one back first, which counts as live until then.</summary>
    private async Task<ModalSandboxLease> BorrowAsync(ModalSandboxLease? ended)
    {
        if (ended is not null)
        {
            await ended.DisposeAsync().ConfigureAwait(false);
        }

        return await acquire(_over.Token).ConfigureAwait(false);
    }
}
