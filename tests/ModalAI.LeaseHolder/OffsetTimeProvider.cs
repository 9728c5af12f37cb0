namespace ModalAI.LeaseHolder;

/// <summary>The system's clock, ahead of its time: what has to be later for a program need not be waited for.</summary>
internal sealed class OffsetTimeProvider(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + offset;
}
