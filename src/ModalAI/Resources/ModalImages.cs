using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Images: what sandboxes start from. Ids of built images are remembered for each app.</summary>
public sealed class ModalImages
{
    private const int JoinSeconds = 55;
    private const int MaxJoinFailures = 10;
    private static readonly TimeSpan JoinPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(JoinSeconds + 15);
    private static readonly TimeSpan BuildTimeout = TimeSpan.FromHours(1);

    private readonly ControlPlane _controlPlane;
    private readonly ModalEnvironments _environments;
    private readonly TimeProvider _timeProvider;
    private readonly AsyncCache<(string AppId, string Environment, string Tag), string> _ids = new();

    internal ModalImages(ControlPlane controlPlane, ModalEnvironments environments, TimeProvider timeProvider)
    {
        _controlPlane = controlPlane;
        _environments = environments;
        _timeProvider = timeProvider;
    }

    /// <summary>
    /// Makes sure that the image is built, and gives it back by its id (RPC ImageGetOrCreate, ImageJoinStreaming). Does nothing for an image
    /// given by its id. A build is waited for up to an hour.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="app">The app that builds it.</param>
    /// <param name="cancellationToken">Stops waiting; Modal goes on building.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.ImageBuildFailed"/>: the build failed; the message has Modal's reason.</exception>
    public async Task<ModalImage> BuildAsync(ModalImage image, ModalApp app, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(app);
        return image.Id is not null
            ? image
            : ModalImage.FromId(await _ids.GetAsync((app.Id, app.Environment, image.RegistryTag!), BuildTagAsync, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Looks an image up by its id (RPC ImageFromId).</summary>
    /// <param name="id">The id (<c>im-…</c>).</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such image.</exception>
    public async Task<ModalImage> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        var image = ModalImage.FromId(id);
        try
        {
            var response = await _controlPlane.LookUpAsync(
                "ImageFromId",
                static (stub, request, options) => stub.ImageFromIdAsync(request, options),
                new ImageFromIdRequest { ImageId = image.Id },
                cancellationToken).ConfigureAwait(false);
            return ModalImage.FromId(response.ImageId);
        }
        catch (ModalException exception) when (IsMissing(exception))
        {
            throw new ModalException(ModalErrorCode.NotFound, $"Image '{id}' was not found. It may have been deleted, or belong to another workspace.", exception);
        }
    }

    internal void Forget() => _ids.Clear();

    private static bool IsMissing(ModalException exception) =>
        exception.Code == ModalErrorCode.NotFound
        || (exception.Code == ModalErrorCode.Conflict && exception.Message.Contains("Could not find image with ID", StringComparison.Ordinal));

    private async Task<string> BuildTagAsync((string AppId, string Environment, string Tag) key)
    {
        var request = new ImageGetOrCreateRequest
        {
            AppId = key.AppId,
            Image = new Image { DockerfileCommands = { $"FROM {key.Tag}" } },
            BuilderVersion = await _environments.GetImageBuilderVersionAsync(key.Environment, CancellationToken.None).ConfigureAwait(false),
        };
        ImageGetOrCreateResponse response;
        try
        {
            response = await _controlPlane.LookUpAsync(
                "ImageGetOrCreate", static (stub, request, options) => stub.ImageGetOrCreateAsync(request, options), request, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code is ModalErrorCode.InvalidArgument or ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"Image '{key.Tag}' can't be built: {exception.Message} Correct the tag (Image of ModalSandboxOptions).");
        }

        var result = response.Result is { Status: not GenericResult.Types.GenericStatus.Unspecified } finished
            ? finished
            : await JoinAsync(response.ImageId).ConfigureAwait(false);
        return result.Status == GenericResult.Types.GenericStatus.Success
            ? response.ImageId
            : throw new ModalException(
                ModalErrorCode.ImageBuildFailed,
                $"Building image '{key.Tag}' ({response.ImageId}) ended with {result.Status}{(result.Exception.Length > 0 ? $": {result.Exception}" : "")}.");
    }

    private async Task<GenericResult> JoinAsync(string imageId)
    {
        var started = _timeProvider.GetTimestamp();
        var lastEntryId = "";
        var failures = 0;
        while (_timeProvider.GetElapsedTime(started) < BuildTimeout)
        {
            var request = new ImageJoinStreamingRequest { ImageId = imageId, Timeout = JoinSeconds, LastEntryId = lastEntryId };
            try
            {
                await foreach (var entry in _controlPlane.StreamAsync(
                    "ImageJoinStreaming",
                    static (stub, request, options) => stub.ImageJoinStreaming(request, options),
                    request,
                    JoinTimeout,
                    CancellationToken.None).ConfigureAwait(false))
                {
                    failures = 0;
                    if (entry.EntryId.Length > 0)
                    {
                        lastEntryId = entry.EntryId;
                    }

                    if (entry.Result is { Status: not GenericResult.Types.GenericStatus.Unspecified } result)
                    {
                        return result;
                    }
                }
            }
            catch (ModalException exception) when (exception.IsTransient && ++failures <= MaxJoinFailures)
            {
                // The build goes on without us; its log is taken up where it broke off.
            }

            // A server that does not hold the stream open is not to be asked without a pause.
            await Task.Delay(JoinPause, _timeProvider).ConfigureAwait(false);
        }

        throw new ModalException(ModalErrorCode.Timeout, $"Image {imageId} was not built within {BuildTimeout.TotalMinutes:0} minutes.");
    }
}
