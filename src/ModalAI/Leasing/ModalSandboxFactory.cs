using System.Collections.Concurrent;
using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>The factory of one registration.</summary>
internal sealed class ModalSandboxFactory : IModalSandboxFactory, IAsyncDisposable, IDisposable
{
    private const int MaxKeyLength = 1024;

    private readonly LeasingContext _context;
    private readonly SandboxMaker _maker;
    private readonly SharedSlots _shared;
    private readonly PinnedSandbox? _pinned;
    private readonly Housekeeping _housekeeping;
    private readonly ConcurrentDictionary<ModalSandboxLease, bool> _leases = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Task? _stopped;

    /// <param name="client">The client.</param>
    /// <param name="options">What sandboxes are made of.</param>
    /// <param name="owner">Whose they are.</param>
    /// <param name="store">Remembers what was saved of stopped sandboxes.</param>
    public ModalSandboxFactory(ModalClient client, ModalSandboxOptions options, string owner, ISnapshotStore store)
    {
        _context = new LeasingContext(client, options, owner, _stopping.Token);
        _maker = new SandboxMaker(_context);
        _shared = new SharedSlots(_context, _maker, store);
        _pinned = options.SandboxId is null ? null : new PinnedSandbox(_context);
        Pool = new WarmPool(_context, _maker);
        _housekeeping = new Housekeeping(_context, Pool, _shared);
        _context.Limits.WhenFull = () =>
        {
            _shared.TrimSoon();
            Pool.GiveUpOne();
        };
        client.Retries.Throttled += OnThrottled;
    }

    /// <summary>Sandboxes that are ready for the next leases.</summary>
    public WarmPool Pool { get; }

    public TimeSpan SnapshotLifetime => Options.SnapshotLifetime;

    private ModalSandboxOptions Options => _context.Options;

    public async Task<ModalSandboxLease> AcquireAsync(CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        if (_pinned is not null)
        {
            return Lend(await _pinned.GetAsync(cancellationToken).ConfigureAwait(false));
        }

        if (Options.Mode == ModalSandboxMode.ReuseExisting)
        {
            return await ShareAsync(key: null, cancellationToken).ConfigureAwait(false);
        }

        return await OwnAsync(await TakeAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async Task<ModalSandboxLease> AcquireAsync(string key, CancellationToken cancellationToken)
    {
        CheckKey(key);
        Begin(cancellationToken);
        return await ShareAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public ModalSandboxLease Adopt(ModalSandbox sandbox)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        Begin(CancellationToken.None);
        return Lend(new BorrowedSlot(sandbox));
    }

    public ModalSandboxLifecycle GetStatus(string? key)
    {
        if (key is not null)
        {
            CheckKey(key);
        }

        return _pinned is not null ? _pinned.Status : _shared.GetStatus(key);
    }

    /// <summary>Makes another sandbox that starts with the files of an image, for one lease alone.</summary>
    public async Task<ModalSandboxLease> ForkAsync(ModalImage image, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        try
        {
            return await OwnAsync(await UntilStoppedAsync(ForkCoreAsync, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch
        {
            await SavedImages.DeleteAsync(_context, image.Id!).ConfigureAwait(false);
            throw;
        }

        async Task<HeldSandbox> ForkCoreAsync(CancellationToken token) =>
            await MakeAsync(image, await _context.Limits.TakePlaceAsync(token).ConfigureAwait(false), token).ConfigureAwait(false);
    }

    /// <summary>Begins what is done in the background: sweeping, signs of life, the pool.</summary>
    public void Start() => _housekeeping.Start();

    public void Forget(ModalSandboxLease lease) => _leases.TryRemove(lease, out _);

    /// <summary>Ends all leases side by side, and what is in the pool. Those of reused sandboxes let go of them. Called again, it waits for the same end.</summary>
    /// <param name="cancellationToken">Stops waiting; what is left then is counted in the log.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _stopped ??= StopCoreAsync();
        }

        try
        {
            await _stopped.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.NotAllEnded(_context.Logger, _context.Held.Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(Options.HookTimeout + _context.Client.Options.TerminateTimeout);
        await StopAsync(limit.Token).ConfigureAwait(false);
    }

    public void Dispose() => Task.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    private void OnThrottled(string rpc, TimeSpan delay)
    {
        if (rpc is "SandboxCreate" or "SandboxCreateV2")
        {
            _context.Limits.Pause(delay);
        }
    }

    private void CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.Length > MaxKeyLength)
        {
            throw new ArgumentException($"The key has {key.Length} characters; at most {MaxKeyLength} are taken.", nameof(key));
        }

        if (Options.Mode != ModalSandboxMode.ReuseExisting || Options.Name is null)
        {
            throw new InvalidOperationException(
                $"Sandboxes have keys only with {nameof(Options.Mode)} {nameof(ModalSandboxMode.ReuseExisting)} and a {nameof(Options.Name)}, with which the names of keys' sandboxes begin. "
                + $"Set both in {nameof(ModalSandboxOptions)}.");
        }
    }

    private void Begin(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, typeof(IModalSandboxFactory));
        _housekeeping.Start();
    }

    private async Task<ModalSandboxLease> ShareAsync(string? key, CancellationToken cancellationToken)
    {
        var slot = _shared.Enter(key);
        try
        {
            await slot.EnsureRunningAsync(cancellationToken).ConfigureAwait(false);
            return Lend(slot);
        }
        catch
        {
            await slot.ReleaseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A sandbox out of the pool, or a new one.</summary>
    private Task<HeldSandbox> TakeAsync(CancellationToken cancellationToken) =>
        Pool.TryTake() is { } ready
            ? Task.FromResult(ready)
            : UntilStoppedAsync(
                async token =>
                {
                    var (held, place) = await Pool.TakeOrPlaceAsync(token).ConfigureAwait(false);
                    return held ?? await MakeAsync(snapshot: null, place!, token).ConfigureAwait(false);
                },
                cancellationToken);

    private Task<HeldSandbox> MakeAsync(ModalImage? snapshot, SandboxPlace place, CancellationToken cancellationToken) =>
        _maker.MakeAsync(new SandboxSpec(Name: null, snapshot, IsReused: false), place, cancellationToken);

    /// <summary>A host that stops waits for nobody's new sandbox.</summary>
    private async Task<HeldSandbox> UntilStoppedAsync(Func<CancellationToken, Task<HeldSandbox>> make, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, cancellationToken);
        try
        {
            return await make(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(IModalSandboxFactory));
        }
    }

    private async Task<ModalSandboxLease> OwnAsync(HeldSandbox held)
    {
        var slot = new OwnedSlot(_context, _maker, held);
        try
        {
            return Lend(slot);
        }
        catch
        {
            await slot.ReleaseAsync().ConfigureAwait(false);
            throw;
        }
    }

    private ModalSandboxLease Lend(ISandboxSlot slot)
    {
        var lease = new ModalSandboxLease(slot, this);
        lock (_gate)
        {
            // Either the stop sees the lease, or the lease sees the stop.
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, typeof(IModalSandboxFactory));
            _leases[lease] = true;
        }

        return lease;
    }

    private async Task StopCoreAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        ModalSandboxLease[] leases;
        lock (_gate)
        {
            leases = [.. _leases.Keys];
        }

        await Task.WhenAll(leases.Select(static lease => lease.DisposeAsync().AsTask()).Concat([Pool.EndAsync(), _housekeeping.WhenStopped])).ConfigureAwait(false);

        // A check that was under way may have put one back.
        await Pool.EndAsync().ConfigureAwait(false);
        await _shared.LeaveAllAsync().ConfigureAwait(false);
        _context.Client.Retries.Throttled -= OnThrottled;
    }
}
