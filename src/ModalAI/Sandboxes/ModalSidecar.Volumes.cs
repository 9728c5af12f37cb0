using ModalAI.Sandboxes;

namespace ModalAI;

public sealed partial class ModalSidecar
{
    /// <summary>Shows in the sidecar's volumes what others have written to them since, as <see cref="ModalSandbox.ReloadVolumesAsync"/> does (RPC TaskReloadVolumes).</summary>
    /// <param name="timeout">How long it may take with all attempts, more than 0 and at most a day; null for 55 seconds. It may still end after that.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is zero or less, or more than a day.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.Timeout"/>: it was not done in time; <see cref="ModalErrorCode.SandboxEnded"/>: the sidecar or its sandbox has ended.
    /// </exception>
    public async Task ReloadVolumesAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        await VolumeReload.RunAsync(_sandbox.Router, _sandbox.Id, Id, timeout, cancellationToken).ConfigureAwait(false);
    }
}
