using System.Collections.Concurrent;
using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Sandboxes that are ready for the next leases. What is taken is made anew in the background, and what grows old is replaced before its lifetime ends.</summary>
internal sealed class WarmPool(LeasingContext context, SandboxMaker maker)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<HeldSandbox> _ready = new();
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

        if (context.Options.PoolSize > 0)
        {
            Fill();
        }

        return taken;
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

            _ready.Enqueue(held);
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
            _ready.Enqueue(held);
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
