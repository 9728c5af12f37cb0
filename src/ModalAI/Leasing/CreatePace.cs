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
    /// <returns>False where the turn would come later than the limit; then nothing was waited for.</returns>
    public async Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var latest = Now + limit;
        TimeSpan turn;
        lock (_gate)
        {
            var now = Now;
            var theirs = _next > now - _burst ? _next : now - _burst;
            turn = theirs > _pausedUntil ? theirs : _pausedUntil;
            if (turn > latest)
            {
                return false;
            }

            _next = turn + _interval;
        }

        // A pause may have begun, or grown longer, meanwhile.
        while (true)
        {
            var now = Now;
            TimeSpan pausedUntil;
            lock (_gate)
            {
                pausedUntil = _pausedUntil;
            }

            var until = turn > pausedUntil ? turn : pausedUntil;
            if (until <= now)
            {
                return true;
            }

            if (until > latest)
            {
                return false;
            }

            await Task.Delay(until - now, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
