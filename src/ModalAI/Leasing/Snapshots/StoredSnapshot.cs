namespace ModalAI;

/// <summary>A snapshot of a sandbox's file system, as an <see cref="ISnapshotStore"/> remembers it.</summary>
/// <param name="ImageId">The image that holds the files, <c>im-…</c>.</param>
/// <param name="CreatedAt">When it was taken.</param>
/// <param name="ExpiresAt">When Modal deletes it; null for never.</param>
/// <param name="ConfigurationHash">The hash of the configuration that its sandbox was made with; null where that is not known.</param>
/// <exception cref="ArgumentException"><paramref name="ImageId"/> is not the id of an image.</exception>
public sealed record StoredSnapshot(string ImageId, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt = null, string? ConfigurationHash = null)
{
    /// <summary>The image that holds the files, <c>im-…</c>.</summary>
    public string ImageId { get; init; } = ModalImage.FromId(ImageId).Id!;

    internal bool HasExpired(TimeProvider timeProvider) => ExpiresAt <= timeProvider.GetUtcNow();
}
