using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>What is done now and then for as long as the factory lives: signs of life, sweeps, the pool, places of sandboxes that have ended.</summary>
internal sealed class Housekeeping(LeasingContext context, WarmPool pool, SharedSlots shared)
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

    private async Task RunAsync()
    {
        try
        {
            await Task.WhenAll(ShowLifeAsync(), TidyAsync(), context.Options.Prewarm ? PrewarmAsync() : Task.CompletedTask).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Signs of life wait for nothing else: what is held must not pass for left behind because a sweep takes long.</summary>
    private Task ShowLifeAsync()
    {
        var duration = context.Options.LeaseDuration;
        return RepeatAsync(
            Shorter(LongestPause, duration / 4), () => context.Held.RenewAsync(context.Time.GetUtcNow(), duration, context.Logger, context.Stopping));
    }

    private Task TidyAsync()
    {
        var interval = context.Options.SweepInterval;
        long? swept = null;
        pool.Fill();
        return RepeatAsync(interval == TimeSpan.Zero ? LongestPause : Shorter(LongestPause, interval), SweepWhenDueAsync, pool.CheckAsync, shared.TrimAsync);

        async Task SweepWhenDueAsync()
        {
            if (interval > TimeSpan.Zero && (swept is not { } last || context.Time.GetElapsedTime(last) >= interval))
            {
                // One that fails is due again in the next round.
                await _sweep.RunAsync(context.Stopping).ConfigureAwait(false);
                swept = context.Time.GetTimestamp();
            }
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task RepeatAsync(TimeSpan period, params Func<Task>[] works)
    {
        using var timer = new PeriodicTimer(period, context.Time);
        do
        {
            foreach (var work in works)
            {
                await TryAsync(work).ConfigureAwait(false);
            }
        }
        while (await timer.WaitForNextTickAsync(context.Stopping).ConfigureAwait(false));
    }

    private async Task PrewarmAsync()
    {
        try
        {
            await context.PrepareAsync().WaitAsync(context.Stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.PrewarmFailed(context.Logger, exception);
        }
    }

    /// <summary>Does one thing; when it fails, the rest goes on, and it comes up again.</summary>
    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !context.Stopping.IsCancellationRequested)
        {
            Log.HousekeepingFailed(context.Logger, exception);
        }
    }
}
