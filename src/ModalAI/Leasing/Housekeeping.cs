using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>What is done now and then for as long as the factory lives: signs of life, sweeps, the pool, places of sandboxes that have ended.</summary>
internal sealed class Housekeeping(LeasingContext context, WarmPool pool, SharedSlots shared, CancellationToken stopping)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly SandboxSweep _sweep = new(context);
    private readonly Lock _gate = new();
    private Task? _running;

    /// <summary>Ends soon after it was told to stop.</summary>
    public Task WhenStopped
    {
        get
        {
            lock (_gate)
            {
                return _running ?? Task.CompletedTask;
            }
        }
    }

    public void Start()
    {
        if (Volatile.Read(ref _running) is not null)
        {
            return;
        }

        lock (_gate)
        {
            _running ??= Task.Run(RunAsync, CancellationToken.None);
        }
    }

    /// <summary>Signs of life wait for nothing else: what is held must not pass for left behind because a sweep takes long.</summary>
    private Task RunAsync() => Task.WhenAll(
        RepeatAsync(
            Shorter(LongestPause, context.Options.LeaseDuration / 4),
            () => TryAsync(() => context.Held.RenewAsync(context.Time.GetUtcNow(), context.Options.LeaseDuration, context.Logger, stopping))),
        TidyAsync());

    private async Task TidyAsync()
    {
        var interval = context.Options.SweepInterval;
        var isSweeping = interval > TimeSpan.Zero;
        var swept = context.Time.GetTimestamp() - (long)(interval.TotalSeconds * context.Time.TimestampFrequency);
        pool.Fill();
        await RepeatAsync(
            isSweeping ? Shorter(LongestPause, interval) : LongestPause,
            async () =>
            {
                if (isSweeping && context.Time.GetElapsedTime(swept) >= interval)
                {
                    await TryAsync(() => _sweep.RunAsync(stopping)).ConfigureAwait(false);
                    swept = context.Time.GetTimestamp();
                }

                await TryAsync(pool.CheckAsync).ConfigureAwait(false);
                await TryAsync(shared.TrimAsync).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task RepeatAsync(TimeSpan period, Func<Task> work)
    {
        using var timer = new PeriodicTimer(period, context.Time);
        try
        {
            do
            {
                await work().ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Does one thing; when it fails, the rest goes on, and it comes up again.</summary>
    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            Log.HousekeepingFailed(context.Logger, exception);
        }
        catch (Exception exception) when (exception is ModalException or ObjectDisposedException)
        {
            // Broken off by the stop.
        }
    }
}
