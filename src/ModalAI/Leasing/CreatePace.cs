namespace ModalAI.Leasing;

/// <summary>
/// Spreads creations over time: as many as fit a second at once, then one after the other at the same pace, and none during a pause. No timer runs while nothing is created.
/// </summary>
internal sealed class CreatePace(int perSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(1.0 / perSecond);
    private readonly TimeSpan _burst = TimeSpan.FromSeconds(1.0 - (1.0 / perSecond));
    private readonly long _epoch = time.GetTimestamp();
    private TimeSpan _next = TimeSpan.FromSeconds(-1);
    private TimeSpan _pausedUntil = TimeSpan.FromSeconds(-1);

    private TimeSpan Now => time.GetElapsedTime(_epoch);

    public void Pause(TimeSpan length)
    {
        lock (_gate)
        {
            var until = Now + length;
            _pausedUntil = until > _pausedUntil ? until : _pausedUntil;
        }
    }

    /// <summary>Waits for the caller's turn.</summary>
    /// <returns>False where the turn would come later than the limit.</returns>
    public async Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var latest = Now + limit;
        TimeSpan? turn = null;
        while (true)
        {
            TimeSpan now;
            lock (_gate)
            {
                now = Now;

                // After a pause all who waited line up anew: at its end they would come at once.
                if (turn is null || _pausedUntil > turn)
                {
                    turn = Later(Later(_next, now - _burst), _pausedUntil);
                    if (turn > latest)
                    {
                        return false;
                    }

                    _next = turn.Value + _interval;
                }
            }

            if (turn <= now)
            {
                return true;
            }

            try
            {
                await Task.Delay(turn.Value - now, time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                GiveBack(turn.Value);
                throw;
            }
        }
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>The last in line leaves no gap behind.</summary>
    private void GiveBack(TimeSpan turn)
    {
        lock (_gate)
        {
            if (_next == turn + _interval)
            {
                _next = turn;
            }
        }
    }
}
