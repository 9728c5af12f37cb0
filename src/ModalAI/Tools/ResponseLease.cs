namespace ModalAI.Tools;

/// <summary>
/// The sandbox of one response: borrowed when the first call needs it, shared by all calls, given back with the response. When a call finds that it has ended,
/// the next one has it replaced.
/// </summary>
internal sealed class ResponseLease(Func<CancellationToken, Task<ModalSandboxLease>> acquire) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _over = new();
    private Task<ModalSandboxLease>? _acquiring;
    private bool _isOver;
    private volatile bool _hasEnded;
    private volatile ModalSandbox? _last;

    /// <summary>Id of the sandbox that the last call got; null where none asked.</summary>
    public string? SandboxId => _last?.Id;

    /// <summary>The files that its calls have seen, for conversations that have neither key nor id.</summary>
    public SeenFiles Seen { get; } = new();

    /// <summary>The lease, which calls share. Cancelling stops waiting; others may wait for the same one.</summary>
    /// <exception cref="ObjectDisposedException">The response is over.</exception>
    public async Task<ModalSandboxLease> AcquireAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<ModalSandboxLease> acquiring;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_acquiring is null or { IsCompleted: true, IsCompletedSuccessfully: false })
            {
                _acquiring = Task.Run(() => acquire(_over.Token), CancellationToken.None);
                _acquiring.Observe();
            }

            acquiring = _acquiring;
        }

        var lease = await acquiring.WaitAsync(cancellationToken).ConfigureAwait(false);

        // Not asked for each call, which would cost it a round trip.
        if (_hasEnded || lease.Status != ModalSandboxLifecycle.Running)
        {
            if (_last is { } last)
            {
                lease.Doubt(last);
            }

            await lease.StartAsync(cancellationToken).ConfigureAwait(false);
            _hasEnded = false;
        }

        _last = lease.Sandbox;
        return lease;
    }

    /// <summary>Ends one call's use of the lease, which lives on for the next.</summary>
    public ValueTask ReleaseAsync(ModalSandboxLease lease, bool hasEnded)
    {
        _hasEnded |= hasEnded;
        return ValueTask.CompletedTask;
    }

    /// <summary>Nobody has used it for a while: the next call asks whether its sandbox runs.</summary>
    public void Doubt() => _hasEnded = true;

    /// <summary>Gives the sandbox back. One that is still being created is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<ModalSandboxLease>? acquiring;
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            acquiring = _acquiring;
        }

        await _over.CancelAsync().ConfigureAwait(false);
        if (acquiring is not null)
        {
            await ((Task)acquiring).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (acquiring.IsCompletedSuccessfully)
            {
                await (await acquiring.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }

        _over.Dispose();
    }
}
