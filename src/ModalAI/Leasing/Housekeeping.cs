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
        var options = context.Options;
        var period = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, options.LeaseDuration.Ticks / 4));
        if (options.SweepInterval > TimeSpan.Zero && options.SweepInterval < period)
        {
            period = options.SweepInterval;
        }

        using var timer = new PeriodicTimer(period, context.Time);
        try
        {
            if (options.Prewarm)
            {
                await PrewarmAsync().ConfigureAwait(false);
            }

            pool.Fill();
            var swept = context.Time.GetTimestamp() - (long)(options.SweepInterval.TotalSeconds * context.Time.TimestampFrequency);
            do
            {
                await TryAsync(() => context.Held.RenewAsync(context.Time.GetUtcNow(), options.LeaseDuration, context.Logger, context.Stopping)).ConfigureAwait(false);
                if (options.SweepInterval > TimeSpan.Zero && context.Time.GetElapsedTime(swept) >= options.SweepInterval)
                {
                    await TryAsync(() => _sweep.RunAsync(context.Stopping)).ConfigureAwait(false);
                    swept = context.Time.GetTimestamp();
                }

                await TryAsync(pool.CheckAsync).ConfigureAwait(false);
                await TryAsync(shared.TrimAsync).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(context.Stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
        {
        }
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
        catch (Exception exception) when (!context.Stopping.IsCancellationRequested)
        {
            Log.HousekeepingFailed(context.Logger, exception);
        }
        catch (Exception exception) when (exception is ModalException or ObjectDisposedException)
        {
            // Broken off by the stop.
        }
    }
}
