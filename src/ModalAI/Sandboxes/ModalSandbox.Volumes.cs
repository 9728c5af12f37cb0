using ModalAI.Sandboxes;

namespace ModalAI;

public sealed partial class ModalSandbox
{
    /// <summary>
    /// Shows in the sandbox's volumes what other sandboxes have written to them since (RPC TaskReloadVolumes). Fails while something in the sandbox has a file
    /// of a volume open.
    /// </summary>
    /// <param name="timeout">How long it may take with all attempts, more than 0 and at most a day; null for 55 seconds. It may still end after that.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is zero or less, or more than a day.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.Timeout"/>: it was not done in time; <see cref="ModalErrorCode.SandboxEnded"/>: the sandbox has ended; others as they come.
    /// </exception>
    public async Task ReloadVolumesAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        await VolumeReload.RunAsync(_router, Id, "", timeout, cancellationToken).ConfigureAwait(false);
    }
}
