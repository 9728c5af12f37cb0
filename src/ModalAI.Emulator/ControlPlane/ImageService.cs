using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>
/// Images: a tag is recorded, not pulled. Sandboxes of a tag run on the directory that the options map to it, or on this computer's own programs.
/// </summary>
internal sealed class ImageService(SnapshotStore snapshots, IReadOnlyDictionary<string, string> directories, SecretService secrets, AppService apps, Acceptance acceptance)
{
    private const string From = "FROM ";
    private const string BaseTag = "base";

    /// <summary>Tags by image id.</summary>
    private readonly ConcurrentDictionary<string, string> _tags = new(StringComparer.Ordinal);

    public void Register(RpcService service)
    {
        service.Unary("ImageGetOrCreate", (ImageGetOrCreateRequest request, RpcContext _) => Task.FromResult(GetOrCreate(request)));
        service.Unary("ImageFromId", (ImageFromIdRequest request, RpcContext _) => Task.FromResult(FromId(request)));
        service.Unary("ImageDelete", (ImageDeleteRequest request, RpcContext _) => Task.FromResult(Delete(request)));
        service.ServerStreaming<ImageJoinStreamingRequest, ImageJoinStreamingResponse>("ImageJoinStreaming", JoinAsync);
    }

    /// <summary>The files of an image.</summary>
    /// <exception cref="RpcFailedException">There is no such image, or it is a snapshot that was encrypted with another key.</exception>
    public ImageContent FindContent(string imageId, ReadOnlyMemory<byte>? key = null) =>
        snapshots.Find(imageId, key) ?? new ImageContent(directories.GetValueOrDefault(FindTag(imageId)), []);

    private static GenericResult Success() => new() { Status = GenericStatus.Success };

    private ImageGetOrCreateResponse GetOrCreate(ImageGetOrCreateRequest request)
    {
        apps.Find(request.AppId);
        if (request.ExistingImageId.Length > 0 || request.BuildFunctionId.Length > 0 || request.Image is null)
        {
            throw RpcFailedException.FailedPrecondition("The emulator makes images from a registry tag or an image id only.");
        }

        Refuse(request.Image);
        if (request.Image.ImageRegistryConfig is { SecretId.Length: > 0 } registry)
        {
            // Nothing is pulled, so the credentials are not used; that they exist is all that can be checked.
            secrets.Find(registry.SecretId);
        }

        var tag = ReadTag(request.Image);
        var imageId = ModalIds.FromContent("im", Encoding.UTF8.GetBytes(tag));
        _tags[imageId] = tag;
        return new ImageGetOrCreateResponse { ImageId = imageId, Result = Success(), Metadata = Metadata(request.BuilderVersion) };
    }

    private ImageFromIdResponse FromId(ImageFromIdRequest request)
    {
        if (!snapshots.Contains(request.ImageId))
        {
            FindTag(request.ImageId);
        }

        return new ImageFromIdResponse { ImageId = request.ImageId, Metadata = new ImageMetadata() };
    }

    private Empty Delete(ImageDeleteRequest request)
    {
        if (!snapshots.Remove(request.ImageId) && !_tags.TryRemove(request.ImageId, out _))
        {
            FindTag(request.ImageId);
        }

        return new Empty();
    }

    private async Task JoinAsync(ImageJoinStreamingRequest request, RpcStreamWriter<ImageJoinStreamingResponse> replies, RpcContext context)
    {
        FindTag(request.ImageId);
        var reply = new ImageJoinStreamingResponse { Result = Success(), EntryId = "1-0", Eof = true, Metadata = new ImageMetadata() };
        await replies.WriteAsync(reply, context.CancellationToken).ConfigureAwait(false);
    }

    private string FindTag(string imageId)
        => _tags.GetValueOrDefault(imageId) ?? throw RpcFailedException.NotFound($"Could not find image with ID '{imageId}'.");

    /// <summary>The tag of <c>FROM tag</c>, or that of the image that <c>FROM base</c> names.</summary>
    private string ReadTag(Image image)
    {
        if (image.DockerfileCommands.Count == 0 || !image.DockerfileCommands[0].StartsWith(From, StringComparison.Ordinal))
        {
            throw RpcFailedException.InvalidArgument("An image's first command must be 'FROM' and a tag.");
        }

        if (image.DockerfileCommands.Count > 1)
        {
            throw RpcFailedException.FailedPrecondition(
                $"The emulator does not build images, so it cannot run '{image.DockerfileCommands[1]}'; map the tag to a directory that has it done.");
        }

        var tag = image.DockerfileCommands[0][From.Length..].Trim();
        if (tag.Length == 0 || tag.Any(char.IsWhiteSpace))
        {
            throw RpcFailedException.InvalidArgument($"'{image.DockerfileCommands[0]}' does not name one image; write 'FROM' and a tag such as python:3.13-slim.");
        }

        return image.BaseImages.FirstOrDefault(candidate => candidate.DockerTag == tag) is { } known && tag == BaseTag ? FindTag(known.ImageId) : tag;
    }

    private void Refuse(Image image)
    {
        acceptance.Check(ModalEmulatorAcceptance.Gpus, image.GpuConfig.IsSet(), "the GPU of an image's build");
        Unsupported.Refuse(
            (image.ContextFiles.Count > 0 || image.ContextMountId.Length > 0, "context files of an image"),
            (image.SecretIds.Count > 0, "secrets of an image's build"),
            (image.BuildFunction is not null || image.BuildFunctionDef.Length > 0 || image.BuildFunctionGlobals.Length > 0, "build functions of an image"),
            (image.BuildArgs.Count > 0, "build arguments of an image"),
            (image.VolumeMounts.Count > 0, "volumes of an image's build"),
            (image.Arch != Arch.Unspecified, "the architecture of an image"));
    }

    private static ImageMetadata Metadata(string builderVersion)
    {
        var metadata = new ImageMetadata();
        if (builderVersion.Length > 0)
        {
            metadata.ImageBuilderVersion = builderVersion;
        }

        return metadata;
    }
}
