namespace ModalAI;

/// <content>Snapshots of its files, and images mounted while it runs.</content>
public sealed partial class ModalSidecar
{
    /// <summary>Keeps its files as an image, as <see cref="ModalSandbox.SnapshotFilesystemAsync"/> does (RPC TaskSnapshotFilesystem).</summary>
    /// <param name="options">How long the image is kept, and how long to wait for it; null for 30 days and 55 seconds.</param>
    /// <param name="cancellationToken">Stops waiting; the snapshot may be made all the same.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Timeout"/>: it was not made in time; others as they come.</exception>
    public Task<ModalImage> SnapshotFilesystemAsync(ModalSnapshotOptions? options = null, CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        return _snapshots.SnapshotFilesystemAsync(options ?? new ModalSnapshotOptions(), cancellationToken);
    }

    /// <summary>Keeps one of its directories as an image, as <see cref="ModalSandbox.SnapshotDirectoryAsync"/> does (RPC TaskSnapshotDirectory).</summary>
    /// <param name="path">The directory's absolute path.</param>
    /// <param name="options">How long the image is kept, how long to wait for it, and what to encrypt it with; null for 30 days, 55 seconds and nothing.</param>
    /// <param name="cancellationToken">Stops waiting; the snapshot may be made all the same.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Timeout"/>: it was not made in time; others as they come.</exception>
    public Task<ModalImage> SnapshotDirectoryAsync(string path, ModalDirectorySnapshotOptions? options = null, CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        return _snapshots.SnapshotDirectoryAsync(path, options ?? new ModalDirectorySnapshotOptions(), cancellationToken);
    }

    /// <summary>Mounts an image at a path of it, as <see cref="ModalSandbox.MountImageAsync"/> does (RPC TaskMountDirectory).</summary>
    /// <param name="path">The absolute path, not the root; it is made where it is missing.</param>
    /// <param name="image">An image by its id, such as a snapshot; null for an empty directory.</param>
    /// <param name="options">The key of an encrypted snapshot; null for none.</param>
    /// <param name="cancellationToken">Stops waiting; the image may be mounted all the same.</param>
    /// <exception cref="ModalException">There is no such image, or nothing can be mounted there.</exception>
    public Task MountImageAsync(string path, ModalImage? image = null, ModalMountOptions? options = null, CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        return _snapshots.MountAsync(path, image, options, cancellationToken);
    }

    /// <summary>Takes away an image that <see cref="MountImageAsync"/> mounted, with what was written there (RPC TaskUnmountDirectory).</summary>
    /// <param name="path">The very path that it was mounted at.</param>
    /// <param name="cancellationToken">Stops waiting; the image may be unmounted all the same.</param>
    /// <exception cref="ModalException">Nothing is mounted there.</exception>
    public Task UnmountImageAsync(string path, CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        return _snapshots.UnmountAsync(path, cancellationToken);
    }
}
