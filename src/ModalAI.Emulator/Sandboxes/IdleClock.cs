namespace ModalAI.Emulator.Sandboxes;

/// <summary>Runs while nothing is going on in a sandbox, and starts anew each time something ends.</summary>
internal sealed class IdleClock : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeSpan _limit;
    private readonly ITimer _timer;
    private int _busy;

    public IdleClock(TimeSpan limit, Action onIdle, TimeProvider time)
    {
        _limit = limit;
        _timer = time.CreateTimer(_ => onIdle(), null, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something begins: the clock stands still.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            if (++_busy == 1)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>It has ended.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_busy == 0)
            {
                _timer.Change(_limit, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _timer.Dispose();
}
