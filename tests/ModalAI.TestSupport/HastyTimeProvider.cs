namespace ModalAI.TestSupport;

/// <summary>The system's clock with timers that make short waits, such as those between attempts of a call, a hundredth of what they are; long ones stay.</summary>
public sealed class HastyTimeProvider : TimeProvider
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(6);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero && dueTime <= Longest ? dueTime / 100 : dueTime, period);
}
