using System.Diagnostics.CodeAnalysis;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <content>Snapshots of files and memory, and images mounted while the sandbox runs.</content>
public sealed partial class ModalSandbox
{
    /// <summary>
    /// Keeps the files of the running sandbox as an image, which others can start from (RPC TaskSnapshotFilesystem). What is mounted, such as volumes, is not
    /// part of it.
    /// </summary>
    /// <param name="options">How long the image is kept, and how long to wait for it; null for 30 days and 55 seconds.</param>
    /// <param name="cancellationToken">Stops waiting; the snapshot may be made all the same.</param>
    /// <exception cref="ArgumentException">The time to live is no whole number of seconds.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.Timeout"/>: it was not made in time; <see cref="ModalErrorCode.NotFound"/> or <see cref="ModalErrorCode.SandboxEnded"/>: the sandbox has ended.
    /// </exception>
    public Task<ModalImage> SnapshotFilesystemAsync(ModalSnapshotOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        return _snapshots.SnapshotFilesystemAsync(options ?? new ModalSnapshotOptions(), cancellationToken);
    }

    /// <summary>
    /// Keeps a directory of the running sandbox as an image, whose root is what is in the directory (RPC TaskSnapshotDirectory). Meant for
    /// <see cref="MountImageAsync"/>.
    /// </summary>
    /// <param name="path">The directory's absolute path.</param>
    /// <param name="options">How long the image is kept, how long to wait for it, and what to encrypt it with; null for 30 days, 55 seconds and nothing.</param>
    /// <param name="cancellationToken">Stops waiting; the snapshot may be made all the same.</param>
    /// <exception cref="ArgumentException">The path is not absolute, the time to live no whole number of seconds, or the key too short or long.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.InvalidArgument"/> or <see cref="ModalErrorCode.NotFound"/>: that is no directory, or the sandbox has ended;
    /// <see cref="ModalErrorCode.Timeout"/>: it was not made in time.
    /// </exception>
    public Task<ModalImage> SnapshotDirectoryAsync(string path, ModalDirectorySnapshotOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        return _snapshots.SnapshotDirectoryAsync(path, options ?? new ModalDirectorySnapshotOptions(), cancellationToken);
    }

    /// <summary>
    /// Mounts an image at a path of the running sandbox (RPC TaskMountDirectory). What was at the path is out of sight until <see cref="UnmountImageAsync"/>.
    /// </summary>
    /// <param name="path">The absolute path, not the root; it is made where it is missing.</param>
    /// <param name="image">An image by its id, such as a snapshot; null for an empty directory.</param>
    /// <param name="options">The key of an encrypted snapshot; null for none.</param>
    /// <param name="cancellationToken">Stops waiting; the image may be mounted all the same.</param>
    /// <exception cref="ArgumentException">The path is not absolute, the image is not built, or the key is too short or long.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.NotFound"/>: there is no such image, or the sandbox has ended; <see cref="ModalErrorCode.InvalidArgument"/>: nothing can be mounted there.
    /// </exception>
    public Task MountImageAsync(string path, ModalImage? image = null, ModalMountOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        return _snapshots.MountAsync(path, image, options, cancellationToken);
    }

    /// <summary>Takes away an image that <see cref="MountImageAsync"/> mounted (RPC TaskUnmountDirectory), with what was written there.</summary>
    /// <param name="path">The very path that it was mounted at.</param>
    /// <param name="cancellationToken">Stops waiting; the image may be unmounted all the same.</param>
    /// <exception cref="ModalException">Nothing is mounted there, or the sandbox has ended.</exception>
    public Task UnmountImageAsync(string path, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        return _snapshots.UnmountAsync(path, cancellationToken);
    }

    /// <summary>
    /// Keeps files and memory of the running sandbox (RPC TaskSnapshotMemory; SandboxSnapshot and SandboxSnapshotWait on V1), for
    /// <see cref="ModalSandboxes.RestoreAsync"/>. The sandbox must have been created with <see cref="ModalSandboxCreateOptions.EnableMemorySnapshot"/>; on V2 it ends. An experiment of
    /// Modal's.
    /// </summary>
    /// <param name="timeout">How long to wait; null for 165 seconds.</param>
    /// <param name="cancellationToken">Stops waiting; the snapshot may be made all the same.</param>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.SnapshotFailed"/>: Modal could not make it; <see cref="ModalErrorCode.Timeout"/>: it was not made in time;
    /// <see cref="ModalErrorCode.Conflict"/>: the sandbox was not created for it.
    /// </exception>
    [Experimental("MODALAI003")]
    public async Task<ModalSandboxSnapshot> SnapshotMemoryAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var limit = SnapshotRules.CheckTimeout(timeout ?? SnapshotCalls.MemoryTimeout, nameof(timeout));
        ThrowIfDetached();
        var id = IsV2
            ? await _snapshots.SnapshotMemoryV2Async(limit, cancellationToken).ConfigureAwait(false)
            : await _snapshots.SnapshotMemoryV1Async(limit, cancellationToken).ConfigureAwait(false);
        return ModalSandboxSnapshot.Create(id, IsV2);
    }

    /// <summary>
    /// The image of the files that the sandbox left when it ended, however it ended (RPC SandboxGetExitSnapshot, SandboxGetExitSnapshotV2). It must have been created
    /// with <see cref="ModalSandboxCreateOptions.EnableExitSnapshot"/>. Waits for the end too, and works after <see cref="DisposeAsync"/>. An experiment of Modal's.
    /// </summary>
    /// <param name="timeout">How long to wait; zero to ask once, null for as long as it takes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.Timeout"/>: it is not there yet; <see cref="ModalErrorCode.SnapshotFailed"/>: it failed, and the files are gone;
    /// <see cref="ModalErrorCode.InvalidArgument"/>: the sandbox was not created for it; <see cref="ModalErrorCode.NotFound"/>: there is no such sandbox.
    /// </exception>
    [Experimental("MODALAI003")]
    public Task<ModalImage> GetExitSnapshotAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            timeout = null;
        }

        return timeout < TimeSpan.Zero
            ? throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "The time limit must not be negative.")
            : new ExitSnapshotCalls(Id, _client.ControlPlane, _client.TimeProvider).WaitAsync(timeout, cancellationToken);
    }

    /// <summary>Snapshots and mounts of a sidecar.</summary>
    internal SnapshotCalls SnapshotsIn(string containerId) => new(_routerCalls, _client.ControlPlane, containerId);
}
