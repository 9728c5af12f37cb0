namespace ModalAI;

/// <summary>How a snapshot of files is made, and for how long it is kept.</summary>
public record ModalSnapshotOptions
{
    /// <summary>
    /// How long Modal keeps the image, from now on, however much it is used: whole seconds, at least one; null or
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever. Default 30 days.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long to wait for the snapshot, attempts included. Default 55 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(55);
}
