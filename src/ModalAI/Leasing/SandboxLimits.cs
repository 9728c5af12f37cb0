using System.Diagnostics.CodeAnalysis;
using ModalAI.Rpc;

namespace ModalAI.Leasing;

/// <summary>How many sandboxes may live, and how fast they may be created.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "Nothing is held by a semaphore whose wait handle nobody asks for.")]
internal sealed class SandboxLimits(ModalSandboxOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _places = new(options.MaxSandboxes, options.MaxSandboxes);
    private readonly CreatePace _pace = new(options.CreatesPerSecond, time);

    /// <summary>Told when somebody has to wait for a place.</summary>
    public Action? WhenFull { get; set; }

    /// <summary>Takes a place if one is free.</summary>
    public SandboxPlace? TryTakePlace() => _places.Wait(0, CancellationToken.None) ? new SandboxPlace(_places) : null;

    /// <summary>Waits for a place.</summary>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.ResourceExhausted"/>: none became free in time.</exception>
    public async Task<SandboxPlace> TakePlaceAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TryTakePlace() is { } free)
        {
            return free;
        }

        WhenFull?.Invoke();
        using var limit = new CancellationTokenSource(options.AcquireTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _places.WaitAsync(either.Token).ConfigureAwait(false);
            return new SandboxPlace(_places);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModalException(
                ModalErrorCode.ResourceExhausted,
                $"All {options.MaxSandboxes} sandboxes that may live at once were in use for {options.AcquireTimeout}. "
                + $"Dispose of leases, or raise {nameof(options.MaxSandboxes)} or {nameof(options.AcquireTimeout)} of {nameof(ModalSandboxOptions)}.");
        }
    }

    /// <summary>Has all creations wait for so long: Modal has said that they are too many.</summary>
    public void Pause(TimeSpan time) => _pace.Pause(time);

    /// <summary>Creates a sandbox when it is its turn, and again when Modal says that there are too many, until <see cref="ModalSandboxOptions.AcquireTimeout"/> is over.</summary>
    public async Task<T> CreateAsync<T>(Func<Task<T>> create, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var left = options.AcquireTimeout - time.GetElapsedTime(started);
            if (!await _pace.WaitAsync(left, cancellationToken).ConfigureAwait(false))
            {
                throw new ModalException(
                    ModalErrorCode.ResourceExhausted,
                    $"A sandbox could not be created within {options.AcquireTimeout}, because creations are limited to {options.CreatesPerSecond} a second, or Modal has asked for a pause. "
                    + $"Raise {nameof(options.AcquireTimeout)} or {nameof(options.CreatesPerSecond)} of {nameof(ModalSandboxOptions)}, or ask Modal for a higher limit.");
            }

            try
            {
                return await create().ConfigureAwait(false);
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.ResourceExhausted)
            {
                // What Modal said of when to come back has been waited for already; this is for what it did not say.
                var next = pause * (1 + (Random.Shared.NextDouble() / 2));
                if (time.GetElapsedTime(started) + next >= options.AcquireTimeout)
                {
                    throw ModalErrors.Explain(
                        exception,
                        $"{exception.Message} It was tried for {options.AcquireTimeout} ({nameof(options.AcquireTimeout)} of {nameof(ModalSandboxOptions)}).");
                }

                _pace.Pause(next);
            }
        }
    }
}
