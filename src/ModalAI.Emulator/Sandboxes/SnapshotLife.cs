namespace ModalAI.Emulator.Sandboxes;

/// <summary>How long a snapshot is kept.</summary>
/// <param name="TimeToLive">Null for ever.</param>
/// <param name="IsRenewedByUse">Whether each use lets it begin again.</param>
internal sealed record SnapshotLife(TimeSpan? TimeToLive, bool IsRenewedByUse = false)
{
    /// <summary>That of images that Modal makes by itself.</summary>
    public static SnapshotLife Default { get; } = new(TimeSpan.FromDays(30));

    /// <summary>That of directories' snapshots whose request says nothing.</summary>
    public static SnapshotLife Rolling { get; } = new(TimeSpan.FromDays(30), IsRenewedByUse: true);
}
