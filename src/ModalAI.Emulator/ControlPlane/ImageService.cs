using System.Globalization;
using ModalAI.Emulator.Images;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>
/// Images: a tag is recorded, not pulled, and stands for the directory that the options map to it, or for this computer's own programs. What is built
/// on it is really built.
/// </summary>
internal sealed class ImageService(ImageStore images, SnapshotStore snapshots, ImageDefinitions definitions, AppService apps, TimeProvider time)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private readonly IdempotentCreates<ImageGetOrCreateResponse> _creates = new();

    public void Register(RpcService service)
    {
        service.Unary(
            "ImageGetOrCreate",
            (ImageGetOrCreateRequest request, RpcContext context) => _creates.RunAsync(context, () => Task.FromResult(GetOrCreate(request))));
        service.Unary("ImageFromId", (ImageFromIdRequest request, RpcContext _) => Task.FromResult(FromId(request)));
        service.ServerStreaming<ImageJoinStreamingRequest, ImageJoinStreamingResponse>("ImageJoinStreaming", JoinAsync);
    }

    /// <summary>The files of an image.</summary>
    /// <exception cref="RpcFailedException">There is no such image, or not yet, or it is a snapshot that was encrypted with another key.</exception>
    public ImageContent FindContent(string imageId, ReadOnlyMemory<byte>? key = null) =>
        snapshots.Find(imageId, key) ?? (images.TryFind(imageId, out var content) ? content : throw NoImage(imageId));

    /// <exception cref="RpcFailedException">There is no such image, or not yet.</exception>
    public void Check(string imageId)
    {
        if (!Exists(imageId))
        {
            throw NoImage(imageId);
        }
    }

    public bool Exists(string imageId) => snapshots.Contains(imageId) || images.TryFind(imageId, out _);

    /// <exception cref="RpcFailedException">There is no such image, or not yet.</exception>
    public void Remove(string imageId)
    {
        if (!snapshots.Remove(imageId) && !images.Remove(imageId))
        {
            throw NoImage(imageId);
        }
    }

    private static GenericResult Success() => new() { Status = GenericStatus.Success };

    private RpcFailedException NoImage(string imageId) =>
        images.FindBuild(imageId) is { Result: null }
            ? RpcFailedException.FailedPrecondition($"Image {imageId} is still being built.")
            : RpcFailedException.NotFound($"Could not find image with ID '{imageId}'.");

    private ImageGetOrCreateResponse GetOrCreate(ImageGetOrCreateRequest request)
    {
        apps.Find(request.AppId);
        if (request.ExistingImageId.Length > 0 || request.BuildFunctionId.Length > 0 || request.Image is null)
        {
            throw RpcFailedException.FailedPrecondition("The emulator makes images from a registry tag or an image id only.");
        }

        var (recipe, key) = definitions.Read(request.Image, request.BuilderVersion, imageId => FindContent(imageId));
        var response = new ImageGetOrCreateResponse();
        if (recipe.Commands.Count == 0 && recipe.Base.Layers.Count == 0)
        {
            response.ImageId = ModalIds.FromContent("im", key);
            images.Add(response.ImageId, recipe.Base);
            response.Result = Success();
        }
        else
        {
            response.ImageId = images.Build(Convert.ToHexString(key), recipe, request.ForceBuild || request.IgnoreCache, isKept: !request.IgnoreCache);
            response.Result = images.TryFind(response.ImageId, out _) ? Success() : null;
        }

        response.Metadata = Metadata(response.ImageId, request.BuilderVersion);
        return response;
    }

    private ImageFromIdResponse FromId(ImageFromIdRequest request)
    {
        Check(request.ImageId);
        return new ImageFromIdResponse { ImageId = request.ImageId, Metadata = Metadata(request.ImageId, builderVersion: "") };
    }

    /// <summary>Streams what a build says until it ends, or the client's time is over: then it comes again with the last entry it has seen.</summary>
    private async Task JoinAsync(ImageJoinStreamingRequest request, RpcStreamWriter<ImageJoinStreamingResponse> replies, RpcContext context)
    {
        var build = images.FindBuild(request.ImageId);
        var position = ReadPosition(request.LastEntryId);
        if (build is null || (build.Result is not null && position == 0 && !request.IncludeLogsForFinished))
        {
            if (build is null)
            {
                Check(request.ImageId);
            }

            await replies.WriteAsync(End(request.ImageId, build?.Result ?? Success(), position), context.CancellationToken).ConfigureAwait(false);
            return;
        }

        var started = time.GetTimestamp();
        var limit = TimeSpan.FromSeconds(Math.Clamp(float.IsNaN(request.Timeout) ? 0 : request.Timeout, 0, MaxWait.TotalSeconds));
        while (true)
        {
            var (entries, isComplete, changed) = build.Log.Read(position);
            position += entries.Count;
            if (entries.Count > 0)
            {
                var reply = new ImageJoinStreamingResponse { EntryId = EntryId(position) };
                reply.TaskLogs.AddRange(entries);
                await replies.WriteAsync(reply, context.CancellationToken).ConfigureAwait(false);
            }

            if (isComplete)
            {
                await replies.WriteAsync(End(request.ImageId, build.Result!, position), context.CancellationToken).ConfigureAwait(false);
                return;
            }

            var left = limit - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            try
            {
                await changed.WaitAsync(left, time, context.CancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return;
            }
        }
    }

    private static int ReadPosition(string entryId) =>
        entryId.Length == 0 ? 0
        : int.TryParse(entryId.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position
        : throw RpcFailedException.InvalidArgument($"'{entryId}' is not the id of an entry of an image's log.");

    private static string EntryId(int position) => string.Create(CultureInfo.InvariantCulture, $"{position}-0");

    private ImageJoinStreamingResponse End(string imageId, GenericResult result, int position) =>
        new() { Result = result, EntryId = EntryId(position + 1), Eof = true, Metadata = Metadata(imageId, builderVersion: "") };

    private ImageMetadata Metadata(string imageId, string builderVersion)
    {
        var metadata = new ImageMetadata();
        if (builderVersion.Length > 0)
        {
            metadata.ImageBuilderVersion = builderVersion;
        }

        if (images.TryFind(imageId, out var content))
        {
            metadata.Workdir = content.Settings.WorkingDirectory;
        }

        return metadata;
    }
}
