namespace ModalAI.Emulator.Isolation;

/// <summary>Images that are mounted while the sandbox runs.</summary>
internal sealed partial class IsolatedSandbox
{
    /// <inheritdoc cref="ImageMounts.MountAsync"/>
    public Task MountImageAsync(string path, ImageContent? content, CancellationToken cancellationToken) => _mounts.MountAsync(path, content, cancellationToken);

    /// <inheritdoc cref="ImageMounts.UnmountAsync"/>
    public Task UnmountImageAsync(string path, CancellationToken cancellationToken) => _mounts.UnmountAsync(path, cancellationToken);
}
