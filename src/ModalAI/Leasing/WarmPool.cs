using System.Collections.Concurrent;
using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Sandboxes that are ready for the next leases. What is taken is made anew in the background, and what grows old is replaced before its lifetime ends.</summary>
internal sealed class WarmPool(LeasingContext context, SandboxMaker maker)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<HeldSandbox> _ready = new();
    private readonly LinkedList<TaskCompletionSource<HeldSandbox>> _waiting = new();
    private readonly ConcurrentDictionary<Task, bool> _filling = new();
    private readonly Lock _gate = new();
    private readonly TimeSpan _maxAge = MaxAgeOf(context.Options);
    private TimeSpan _pause = FirstPause;
    private long _failed;

    public int Ready => _ready.Count;

    /// <summary>Takes a sandbox that is ready; null where there is none.</summary>
    public HeldSandbox? TryTake()
    {
        HeldSandbox? taken = null;
        while (taken is null && _ready.TryDequeue(out var held))
        {
            taken = KeepOrEnd(held);
        }

        FillSoon();
        return taken;
    }

    /// <summary>Where none is ready: waits for one, or for a place to make one, whichever comes first.</summary>
    public async Task<(HeldSandbox? Held, SandboxPlace? Place)> TakeOrPlaceAsync(CancellationToken cancellationToken)
    {
        if (context.Options.PoolSize == 0)
        {
            return (null, await context.Limits.TakePlaceAsync(cancellationToken).ConfigureAwait(false));
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var offer = new TaskCompletionSource<HeldSandbox>(TaskCreationOptions.RunContinuationsAsynchronously);
        var place = context.Limits.TakePlaceAsync(either.Token);
        var turn = Await(offer);
        await Task.WhenAny(offer.Task, place).ConfigureAwait(false);
        if (offer.TrySetCanceled(CancellationToken.None))
        {
            Leave(turn);
            return (null, await place.ConfigureAwait(false));
        }

        // The place is not needed, and may have come all the same.
        await either.CancelAsync().ConfigureAwait(false);
        await ((Task)place).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (place.IsCompletedSuccessfully)
        {
            (await place.ConfigureAwait(false)).Dispose();
        }

        return (await offer.Task.ConfigureAwait(false), null);
    }

    /// <summary>Ends one that is ready, because somebody waits for its place who can't use it: one that goes on from saved files.</summary>
    public void GiveUpOne()
    {
        if (_ready.TryDequeue(out var held))
        {
            context.Client.Background.Add(SandboxEnding.EndAsync(context, held, withHook: true));
        }
    }

    /// <summary>Starts making as many as are missing and may live.</summary>
    public void Fill()
    {
        lock (_gate)
        {
            var isPaused = _failed != 0 && context.Time.GetElapsedTime(_failed) < _pause;
            while (!isPaused && !context.Stopping.IsCancellationRequested && _ready.Count + _filling.Count < context.Options.PoolSize && context.Limits.TryTakePlace() is { } place)
            {
                var filling = FillOneAsync(place);
                _filling.TryAdd(filling, true);
                _ = filling.ContinueWith(
                    done =>
                    {
                        // Until here it counted twice, so that one may be missing.
                        _filling.TryRemove(done, out _);
                        Fill();
                    },
                    CancellationToken.None,
                    TaskContinuationOptions.None,
                    TaskScheduler.Default);
            }
        }
    }

    /// <summary>Ends those that are too old, forgets those that have ended, and fills up.</summary>
    public async Task CheckAsync()
    {
        for (var left = _ready.Count; left > 0 && _ready.TryDequeue(out var held); left--)
        {
            if (KeepOrEnd(held) is null)
            {
                continue;
            }

            try
            {
                if (await held.Sandbox.PollAsync(context.Stopping).ConfigureAwait(false) is not null)
                {
                    await SandboxEnding.LetGoAsync(context, held).ConfigureAwait(false);
                    continue;
                }
            }
            catch (Exception exception) when (exception is ModalException or OperationCanceledException)
            {
                // It may be well: whoever takes it finds out.
            }

            Offer(held);
        }

        Fill();
    }

    /// <summary>Ends all, once the token that stops filling has been cancelled.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(_filling.Keys).ConfigureAwait(false);
        var ending = new List<Task>();
        while (_ready.TryDequeue(out var held))
        {
            ending.Add(SandboxEnding.EndAsync(context, held, withHook: true));
        }

        await Task.WhenAll(ending).ConfigureAwait(false);
    }

    private static TimeSpan MaxAgeOf(ModalSandboxOptions options) =>
        options.PoolMaxAge ?? (options.IdleTimeout is { } idle && idle < options.Timeout ? idle : options.Timeout) / 2;

    /// <summary>Gives it to who has waited longest, or keeps it.</summary>
    private void Offer(HeldSandbox held)
    {
        lock (_gate)
        {
            while (_waiting.First is { } first)
            {
                _waiting.RemoveFirst();
                if (first.Value.TrySetResult(held))
                {
                    return;
                }
            }

            _ready.Enqueue(held);
        }
    }

    private LinkedListNode<TaskCompletionSource<HeldSandbox>> Await(TaskCompletionSource<HeldSandbox> offer)
    {
        lock (_gate)
        {
            // One may have become ready since it was looked for.
            if (_ready.TryDequeue(out var held))
            {
                offer.SetResult(held);
            }

            return _waiting.AddLast(offer);
        }
    }

    private void Leave(LinkedListNode<TaskCompletionSource<HeldSandbox>> turn)
    {
        lock (_gate)
        {
            if (turn.List is not null)
            {
                _waiting.Remove(turn);
            }
        }
    }

    /// <summary>Fills without holding up the caller, who has a sandbox already.</summary>
    private void FillSoon()
    {
        if (context.Options.PoolSize > 0)
        {
            _ = Task.Run(Fill);
        }
    }

    private HeldSandbox? KeepOrEnd(HeldSandbox held)
    {
        if (context.Time.GetElapsedTime(held.CreatedAt) < _maxAge)
        {
            return held;
        }

        context.Client.Background.Add(SandboxEnding.EndAsync(context, held, withHook: true));
        return null;
    }

    private async Task FillOneAsync(SandboxPlace place)
    {
        try
        {
            var held = await maker.MakeAsync(new SandboxSpec(Name: null, Snapshot: null, IsReused: false), place, context.Stopping).ConfigureAwait(false);
            _pause = FirstPause;
            _failed = 0;
            Offer(held);
        }
        catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            // Whatever it is, the next attempt comes later, and a lease that finds the pool empty tells its caller.
            Log.PoolNotFilled(context.Logger, exception);
            lock (_gate)
            {
                _pause = _failed == 0 ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
                _failed = context.Time.GetTimestamp();
            }
        }
    }
}
