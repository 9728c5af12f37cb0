using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Names of images, <c>[environment/]name:tag</c>, and the end of images.</summary>
internal sealed class ImageNameService(ImageService images, EnvironmentService environments)
{
    private const string DefaultTag = "latest";

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Environment, string Name, string Tag), string> _ids = [];

    public void Register(RpcService service)
    {
        service.Unary("ImagePublish", (ImagePublishRequest request, RpcContext _) => Task.FromResult(Publish(request)));
        service.Unary("ImageGetByTag", (ImageGetByTagRequest request, RpcContext _) => Task.FromResult(GetByTag(request)));
        service.Unary("ImageDelete", (ImageDeleteRequest request, RpcContext _) => Task.FromResult(Delete(request)));
    }

    private ImagePublishResponse Publish(ImagePublishRequest request)
    {
        Unsupported.Refuse((request.AllowPublic, "images that everybody may use"));
        var name = ReadName(request.Tag, request.EnvironmentName);
        images.Check(request.ImageId);
        lock (_gate)
        {
            _ids[name] = request.ImageId;
        }

        return new ImagePublishResponse { ImageId = request.ImageId, RevisionId = ModalIds.New("ir") };
    }

    private ImageGetByTagResponse GetByTag(ImageGetByTagRequest request)
    {
        var name = ReadName(request.Tag, request.EnvironmentName);
        lock (_gate)
        {
            return _ids.TryGetValue(name, out var imageId) && images.Exists(imageId)
                ? new ImageGetByTagResponse { ImageId = imageId }
                : throw RpcFailedException.NotFound($"There is no image '{name.Name}:{name.Tag}' in environment '{name.Environment}'.");
        }
    }

    private Empty Delete(ImageDeleteRequest request)
    {
        images.Remove(request.ImageId);
        lock (_gate)
        {
            foreach (var (name, _) in _ids.Where(pair => pair.Value == request.ImageId).ToArray())
            {
                _ids.Remove(name);
            }
        }

        return new Empty();
    }

    /// <summary>The emulator is one workspace, which has no name: a prefix names an environment.</summary>
    private (string Environment, string Name, string Tag) ReadName(string text, string environmentName)
    {
        var slash = text.LastIndexOf('/');
        var prefix = slash < 0 ? "" : text[..slash];
        if (slash >= 0 && environmentName.Length > 0)
        {
            throw RpcFailedException.InvalidArgument($"The image name '{text}' names its environment; give no other beside it.");
        }

        var parts = text[(slash + 1)..].Split(':', 2);
        var tag = parts.Length > 1 ? parts[1] : DefaultTag;
        ObjectNames.Check("image", parts[0]);
        ObjectNames.Check("image tag", tag);
        if (parts[0].StartsWith("im-", StringComparison.Ordinal))
        {
            throw RpcFailedException.InvalidArgument($"The image name '{parts[0]}' is not allowed: 'im-' is what image ids start with.");
        }

        return slash switch
        {
            0 => throw RpcFailedException.InvalidArgument($"The image name '{text}' has nothing before its '/'."),
            > 0 when prefix.Contains('/') => throw RpcFailedException.NotFound($"There is no workspace '{prefix[..prefix.IndexOf('/')]}': the emulator's has no name; write environment/name:tag."),
            _ => (environments.Resolve(slash < 0 ? environmentName : prefix), parts[0], tag),
        };
    }
}
