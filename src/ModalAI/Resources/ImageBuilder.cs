using System.Collections.Concurrent;
using ModalAI.Configuration;
using ModalAI.Protocol;
using ModalAI.Rpc;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI;

/// <summary>Builds images layer by layer, each on top of the one before. What was built is remembered; who asks for what is being built waits for that.</summary>
internal sealed class ImageBuilder(ControlPlane controlPlane, ModalEnvironments environments, ModalSecrets secrets, TimeProvider timeProvider)
{
    private const int JoinSeconds = 55;
    private const int MaxJoinFailures = 10;
    private const int MaxRemembered = 10_000;
    private const int MaxLogInMessage = 2_000;

    private static readonly TimeSpan JoinPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(JoinSeconds + 15);

    private readonly ConcurrentDictionary<(string AppId, string Environment, string Hash), string> _ids = new();
    private readonly Dictionary<(string AppId, string Environment, string Hash), ImageBuild> _running = [];

    /// <summary>The id of the image, built where that has not been done.</summary>
    public async Task<string> BuildAsync(ModalImage image, ModalApp app, IProgress<ModalImageBuildLogLine>? log, CancellationToken cancellationToken)
    {
        var id = image.BaseId ?? await BuildAsync(ImageRecipe.ForTag(app, image), log, cancellationToken).ConfigureAwait(false);
        for (var layer = 0; layer < image.Layers.Count; layer++)
        {
            id = await BuildAsync(ImageRecipe.ForLayer(app, image, layer, id), log, cancellationToken).ConfigureAwait(false);
        }

        return id;
    }

    public void Forget() => _ids.Clear();

    private Task<string> BuildAsync(ImageRecipe recipe, IProgress<ModalImageBuildLogLine>? log, CancellationToken cancellationToken)
    {
        var key = recipe.GetKey();
        if (recipe.Options.ForceBuild)
        {
            var forced = new ImageBuild((buildLog, token) => RunAsync(recipe, buildLog, token));
            forced.TryJoin();
            return forced.WaitAsync(log, cancellationToken);
        }

        if (_ids.TryGetValue(key, out var id))
        {
            return Task.FromResult(id);
        }

        ImageBuild? build;
        lock (_running)
        {
            if (!_running.TryGetValue(key, out build) || !build.TryJoin())
            {
                ImageBuild started = null!;
                started = new ImageBuild((buildLog, token) => RunAndRememberAsync(key, () => started, recipe, buildLog, token));
                started.TryJoin();
                _running[key] = build = started;
            }
        }

        return build.WaitAsync(log, cancellationToken);
    }

    private async Task<string> RunAndRememberAsync(
        (string AppId, string Environment, string Hash) key, Func<ImageBuild> self, ImageRecipe recipe, ImageBuildLog log, CancellationToken cancellationToken)
    {
        try
        {
            var id = await RunAsync(recipe, log, cancellationToken).ConfigureAwait(false);
            if (_ids.Count >= MaxRemembered)
            {
                _ids.Clear();
            }

            _ids[key] = id;
            return id;
        }
        finally
        {
            // Before any waiter goes on: one that tries again must not meet the same failure. Another may have taken the place of an abandoned one.
            lock (_running)
            {
                if (_running.GetValueOrDefault(key) == self())
                {
                    _running.Remove(key);
                }
            }
        }
    }

    private async Task<string> RunAsync(ImageRecipe recipe, ImageBuildLog log, CancellationToken cancellationToken)
    {
        var imageId = "";
        GenericResult result;
        try
        {
            var response = await SendAsync(recipe, await CreateRequestAsync(recipe, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            imageId = response.ImageId;
            result = response.Result is { Status: not GenericStatus.Unspecified } finished
                ? finished
                : await JoinAsync(imageId, log, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await log.CompleteAsync(imageId, CancellationToken.None).ConfigureAwait(false);
        }

        return result.Status == GenericStatus.Success ? imageId : throw Failure(recipe, imageId, result, log);
    }

    private async Task<ImageGetOrCreateRequest> CreateRequestAsync(ImageRecipe recipe, CancellationToken cancellationToken)
    {
        var environment = recipe.App.Environment;
        var options = recipe.Options;
        var version = environments.GetImageBuilderVersionAsync(environment, cancellationToken);
        var credentials = recipe.Credentials is { } registry ? secrets.GetStoredIdAsync(registry.Secret, environment, cancellationToken) : Task.FromResult("");
        var secretIds = secrets.GetStoredIdsAsync(options.Secrets, options.EnvironmentVariables, environment, cancellationToken);
        await Task.WhenAll(version, credentials, secretIds).ConfigureAwait(false);

        var image = new Image { DockerfileCommands = { recipe.Commands }, BaseImages = { recipe.BaseImages }, SecretIds = { await secretIds.ConfigureAwait(false) } };
        if (recipe.Credentials is { Type: var type })
        {
            image.ImageRegistryConfig = new ImageRegistryConfig { RegistryAuthType = type, SecretId = await credentials.ConfigureAwait(false) };
        }

        if (GpuSpec.Parse(options.Gpu) is { } gpu)
        {
            image.GpuConfig = new GPUConfig { GpuType = gpu.Type, Count = gpu.Count };
        }

        return new ImageGetOrCreateRequest
        {
            AppId = recipe.App.Id,
            Image = image,
            BuilderVersion = await version.ConfigureAwait(false),
            ForceBuild = options.ForceBuild,
        };
    }

    private async Task<ImageGetOrCreateResponse> SendAsync(ImageRecipe recipe, ImageGetOrCreateRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await controlPlane.LookUpAsync(
                "ImageGetOrCreate", static (stub, request, options) => stub.ImageGetOrCreateAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code is ModalErrorCode.InvalidArgument or ModalErrorCode.NotFound or ModalErrorCode.Conflict)
        {
            throw ModalErrors.Explain(exception, $"The {recipe} can't be built: {exception.Message} Correct the image's tag or commands.");
        }
    }

    private async Task<GenericResult> JoinAsync(string imageId, ImageBuildLog log, CancellationToken cancellationToken)
    {
        var lastEntryId = "";
        var failures = 0;
        while (true)
        {
            var request = new ImageJoinStreamingRequest { ImageId = imageId, Timeout = JoinSeconds, LastEntryId = lastEntryId };
            try
            {
                await foreach (var entry in controlPlane.StreamAsync(
                    "ImageJoinStreaming",
                    static (stub, request, options) => stub.ImageJoinStreaming(request, options),
                    request,
                    JoinTimeout,
                    cancellationToken).ConfigureAwait(false))
                {
                    failures = 0;
                    await log.AddAsync(imageId, entry.TaskLogs, cancellationToken).ConfigureAwait(false);
                    if (entry.EntryId.Length > 0)
                    {
                        lastEntryId = entry.EntryId;
                    }

                    if (entry.Result is { Status: not GenericStatus.Unspecified } result)
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
            await Task.Delay(JoinPause, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static ModalException Failure(ImageRecipe recipe, string imageId, GenericResult result, ImageBuildLog log)
    {
        var redaction = new Redaction(recipe.SecretValues);
        var reason = result.Status switch
        {
            GenericStatus.Terminated => "was ended by Modal; try again",
            GenericStatus.Timeout => "took longer than Modal lets it",
            GenericStatus.Failure or GenericStatus.MemoryManagerEviction => "failed",
            var other => $"ended with {other}",
        };
        var detail = result.Exception.Length > 0 ? $": {redaction.Apply(result.Exception.Trim())}" : ".";
        var tail = log.GetTail(MaxLogInMessage, redaction);
        return new ModalException(
            ModalErrorCode.ImageBuildFailed, $"Building {recipe} ({imageId}) {reason}{detail}{(tail.Length > 0 ? $"\nIts log ends with:\n{tail}" : "")}");
    }
}
