using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Images: what sandboxes start from. Ids of built images are remembered for each app.</summary>
public sealed class ModalImages
{
    private readonly ControlPlane _controlPlane;
    private readonly ModalClientOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ImageBuilder _builder;

    internal ModalImages(ControlPlane controlPlane, ModalEnvironments environments, ModalSecrets secrets, ModalClientOptions options, TimeProvider timeProvider)
    {
        _controlPlane = controlPlane;
        _options = options;
        _timeProvider = timeProvider;
        _builder = new ImageBuilder(controlPlane, environments, secrets, timeProvider);
    }

    /// <summary>Makes sure that the image is built, waiting for up to an hour, and gives it back by its id.</summary>
    /// <inheritdoc cref="BuildAsync(ModalImage, ModalApp, ModalImageBuildOptions, CancellationToken)"/>
    public Task<ModalImage> BuildAsync(ModalImage image, ModalApp app, CancellationToken cancellationToken = default) =>
        BuildAsync(image, app, new ModalImageBuildOptions(), cancellationToken);

    /// <summary>
    /// Makes sure that the image is built, and gives it back by its id: layer after layer, each on top of the one before (RPC ImageGetOrCreate,
    /// ImageJoinStreaming). Does nothing for an image given by its id. A broken connection does not end the build, or lose what it prints.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="app">The app that builds it.</param>
    /// <param name="options">Who hears the build's log, and for how long to wait.</param>
    /// <param name="cancellationToken">Stops waiting; Modal goes on building.</param>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.ImageBuildFailed"/>: the build failed; the message has Modal's reason and the end of the log.
    /// <see cref="ModalErrorCode.NotFound"/>: a secret is missing. <see cref="ModalErrorCode.Timeout"/>: the build goes on, longer than it was waited for.
    /// </exception>
    public async Task<ModalImage> BuildAsync(ModalImage image, ModalApp app, ModalImageBuildOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Timeout <= TimeSpan.Zero && options.Timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"{nameof(options.Timeout)} is {options.Timeout}: it must be longer than zero, or Timeout.InfiniteTimeSpan.", nameof(options));
        }

        if (image.Id is not null)
        {
            return image;
        }

        using var limit = new CancellationTokenSource(options.Timeout, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return ModalImage.FromId(await _builder.BuildAsync(image, app, options.Log, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ModalException(
                ModalErrorCode.Timeout, $"Image '{image}' was not built within {options.Timeout.TotalSeconds:0.#} seconds (Timeout of ModalImageBuildOptions). Modal goes on building it.");
        }
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
                new ImageFromIdRequest { ImageId = id },
                cancellationToken).ConfigureAwait(false);
            return ModalImage.FromId(response.ImageId);
        }
        catch (ModalException exception) when (IsMissing(exception))
        {
            throw Missing(id, exception);
        }
    }

    /// <summary>Looks an image up by the name that it was published under (RPC ImageGetByTag).</summary>
    /// <param name="name">The name, <c>[workspace/][environment/]name[:tag]</c>; the tag is <c>latest</c> where none is given.</param>
    /// <param name="environment">The Modal environment, where the name does not say it; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The name is malformed, or says an environment while another is given.</exception>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: no image is published under that name.</exception>
    public async Task<ModalImage> GetByNameAsync(string name, string? environment = null, CancellationToken cancellationToken = default)
    {
        var (tag, place) = ImageNames.Resolve(name, environment, _options.Environment);
        try
        {
            var response = await _controlPlane.LookUpAsync(
                "ImageGetByTag",
                static (stub, request, options) => stub.ImageGetByTagAsync(request, options),
                new ImageGetByTagRequest { Tag = tag, EnvironmentName = place },
                cancellationToken).ConfigureAwait(false);
            return ModalImage.FromId(response.ImageId);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"No image is published as '{tag}'{ModalEnvironments.In(place)}. Publish it, or correct the name.");
        }
    }

    /// <summary>Publishes an image under a name, within the workspace; what had that name and tag has it no more (RPC ImagePublish).</summary>
    /// <param name="image">An image by its id: one that <see cref="BuildAsync(ModalImage, ModalApp, CancellationToken)"/> returned, or a snapshot.</param>
    /// <param name="name">The name, <c>[workspace/][environment/]name[:tag]</c>; the tag is <c>latest</c> where none is given.</param>
    /// <param name="environment">The Modal environment, where the name does not say it; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The image is not built, the name is malformed, or it says an environment while another is given.</exception>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such image.</exception>
    public async Task PublishAsync(ModalImage image, string name, string? environment = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (tag, place) = ImageNames.Resolve(name, environment, _options.Environment);
        var id = image.Id ?? throw new ArgumentException($"Image '{image}' is not built: publish what ModalImages.BuildAsync returns.", nameof(image));
        try
        {
            await _controlPlane.CallAsync(
                "ImagePublish",
                static (stub, request, options) => stub.ImagePublishAsync(request, options),
                new ImagePublishRequest { ImageId = id, Tag = tag, EnvironmentName = place },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (IsMissing(exception))
        {
            throw Missing(id, exception);
        }
    }

    /// <summary>Deletes an image for good (RPC ImageDelete). The layers that it was built from stay.</summary>
    /// <param name="id">Its id (<c>im-…</c>).</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such image.</exception>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        _ = ModalImage.FromId(id);
        try
        {
            await _controlPlane.CallAsync(
                "ImageDelete",
                static (stub, request, options) => stub.ImageDeleteAsync(request, options),
                new ImageDeleteRequest { ImageId = id },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (IsMissing(exception))
        {
            throw Missing(id, exception);
        }
        finally
        {
            Forget();
        }
    }

    internal void Forget() => _builder.Forget();

    private static bool IsMissing(ModalException exception) =>
        exception.Code == ModalErrorCode.NotFound
        || (exception.Code == ModalErrorCode.Conflict && exception.Message.Contains("Could not find image with ID", StringComparison.Ordinal));

    private static ModalException Missing(string id, ModalException exception) =>
        new(ModalErrorCode.NotFound, $"Image '{id}' was not found. It may have been deleted, have outlived its time, or belong to another workspace.", exception);
}
