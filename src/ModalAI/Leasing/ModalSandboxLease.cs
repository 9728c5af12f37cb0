using ModalAI.Leasing;

namespace ModalAI;

/// <summary>A borrowed sandbox. Thread-safe.</summary>
public sealed class ModalSandboxLease : IAsyncDisposable
{
    /// <summary>The image of a fork is needed until the fork has started.</summary>
    private static readonly TimeSpan ForkLifetime = TimeSpan.FromHours(1);

    private readonly ModalSandboxFactory? _factory;
    private readonly ISandboxSlot _slot;
    private readonly Lock _gate = new();
    private Task? _release;

    internal ModalSandboxLease(ISandboxSlot slot, ModalSandboxFactory? factory)
    {
        _slot = slot;
        _factory = factory;
        slot.Replaced += OnReplaced;
    }

    /// <summary>
    /// Tells that another sandbox took the place of the one that the lease had, because that has ended or was restored. Called on any thread, before anybody gets the new one.
    /// </summary>
    public event EventHandler<ModalSandboxReplacement>? Replaced;

    /// <summary>The sandbox. It may be another one later, as <see cref="Replaced"/> tells.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    /// <exception cref="InvalidOperationException">The sandbox is stopped, or could not be started.</exception>
    public ModalSandbox Sandbox
    {
        get
        {
            ThrowIfEnded();
            return _slot.Current ?? throw new InvalidOperationException($"There is no running sandbox: it is {_slot.Status}. Call {nameof(StartAsync)}.");
        }
    }

    /// <summary>Whether the sandbox is one that a factory has made, by its own options.</summary>
    internal bool IsMadeBy(IModalSandboxFactory? factory) => factory is not null && ReferenceEquals(_factory, factory) && _slot is not BorrowedSlot;

    /// <summary>What the sandbox is doing, as far as this process knows: one that has ended by itself counts as running until somebody finds out.</summary>
    public ModalSandboxLifecycle Status => _slot.Status;

    /// <summary>How the sandbox came to take the place of another one; null where it did not. What runs in a sandbox and its files outside of volumes do not move with it.</summary>
    public ModalSandboxReplacement? Replacement => _slot.Replacement;

    /// <summary>
    /// Makes sure that the sandbox runs: one that was stopped goes on from what was saved; one that has ended is replaced by a new one, which has the initial files
    /// and the setup again (or what was saved last), and <see cref="Replaced"/> tells so.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; what others wait for too goes on.</param>
    /// <exception cref="ModalException">It could not be started; <see cref="ModalErrorCode.ResourceExhausted"/>: it has ended too often within an hour.</exception>
    public async Task<ModalSandbox> StartAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        return await _slot.EnsureRunningAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops the sandbox so that it costs nothing: calls <see cref="ModalSandboxOptions.OnStop"/>, saves its files as an image (RPC TaskSnapshotFilesystem), and ends it. <see cref="StartAsync"/>,
    /// or the next lease of the same key, goes on with those files, where the <see cref="ISnapshotStore"/> is shared in another process too. When the files can't be saved it runs on. What is running
    /// in it ends; all other holders of the sandbox are affected.
    /// </summary>
    /// <param name="cancellationToken">Gives up as long as the files are being saved.</param>
    /// <exception cref="InvalidOperationException">It does not run, or was adopted.</exception>
    /// <exception cref="ModalException">The files could not be saved.</exception>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        await _slot.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the sandbox for good, also one that would be reused, and deletes what was saved of it. <see cref="StartAsync"/> begins with a new one.</summary>
    /// <param name="cancellationToken">Stops waiting for others' work on the same sandbox.</param>
    /// <exception cref="InvalidOperationException">It was adopted.</exception>
    public async Task DestroyAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        await _slot.DestroyAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Saves the files of the running sandbox as an image, for <see cref="RestoreAsync"/> (RPC TaskSnapshotFilesystem). It is kept for <see cref="ModalSandboxOptions.SnapshotLifetime"/>.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">The files could not be saved.</exception>
    public Task<ModalImage> CheckpointAsync(CancellationToken cancellationToken = default) =>
        Sandbox.SnapshotFilesystemAsync(new ModalSnapshotOptions { TimeToLive = _factory?.SnapshotLifetime }, cancellationToken);

    /// <summary>Goes back to a checkpoint: the sandbox ends, and a new one with the checkpoint's files takes its place.</summary>
    /// <param name="checkpoint">What <see cref="CheckpointAsync"/> returned, or any image by its id.</param>
    /// <param name="cancellationToken">Stops waiting for others' work on the same sandbox.</param>
    /// <exception cref="ArgumentException">The image is not given by its id.</exception>
    /// <exception cref="InvalidOperationException">The sandbox was adopted.</exception>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such image, and the sandbox runs on; others: the new one could not be started.</exception>
    public async Task RestoreAsync(ModalImage checkpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.Id is null)
        {
            throw new ArgumentException("A checkpoint is an image that is built, given by its id.", nameof(checkpoint));
        }

        ThrowIfEnded();
        await _slot.RestoreAsync(checkpoint, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes another sandbox that starts with the files of this one, which runs on. The other one is for one lease alone and ends with it.</summary>
    /// <param name="cancellationToken">Gives up; nothing is left of the other one.</param>
    /// <exception cref="ModalException">The files could not be saved, or the sandbox not be made.</exception>
    public async Task<ModalSandboxLease> ForkAsync(CancellationToken cancellationToken = default)
    {
        var image = await Sandbox.SnapshotFilesystemAsync(new ModalSnapshotOptions { TimeToLive = ForkLifetime }, cancellationToken).ConfigureAwait(false);
        return await _factory!.ForkAsync(image, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the lease: terminates the sandbox, or gives it back where it is reused or adopted; what is under way in it gives up. It never throws, and takes no longer than
    /// <see cref="ModalSandboxOptions.HookTimeout"/> and <see cref="ModalClientOptions.TerminateTimeout"/>.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_release ??= ReleaseAsync());
        }
    }

    /// <summary>Takes note that a call found the sandbox ended.</summary>
    internal void Doubt(ModalSandbox sandbox) => _slot.Doubt(sandbox.Id);

    private async Task ReleaseAsync()
    {
        // Not under the lock that the caller holds.
        await Task.Yield();
        _slot.Replaced -= OnReplaced;
        await _slot.ReleaseAsync().ConfigureAwait(false);

        // Only now: a host that stops waits for those that are under way.
        _factory?.Forget(this);
    }

    private void OnReplaced(object? sender, ModalSandboxReplacement replacement) => Replaced?.Invoke(this, replacement);

    private void ThrowIfEnded() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _release) is not null, this);
}
