namespace ModalAI.TestSupport;

/// <summary>The system's clock, some time ahead: what is due at a certain time is due at once, while timers run as ever.</summary>
public sealed class ShiftedTimeProvider : TimeProvider
{
    private long _shift;

    /// <summary>Moves the clock ahead.</summary>
    /// <param name="time">By how much.</param>
    public void Advance(TimeSpan time) => Interlocked.Add(ref _shift, time.Ticks);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;

    /// <inheritdoc/>
    public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);

    private TimeSpan Shift => TimeSpan.FromTicks(Interlocked.Read(ref _shift));
}
