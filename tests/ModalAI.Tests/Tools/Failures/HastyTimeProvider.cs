using ModalAI.Sandboxes;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>The system's clock with timers that make the waits between attempts of a call a hundredth of what they are.</summary>
internal sealed class HastyTimeProvider : TimeProvider
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(6);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // How long output may still arrive is no wait between attempts.
        var isWait = dueTime > TimeSpan.Zero && dueTime <= Longest && dueTime != CommandRunner.DrainTimeout;
        return base.CreateTimer(callback, state, isWait ? dueTime / 100 : dueTime, period);
    }
}
