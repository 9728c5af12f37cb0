using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Environments: namespaces of apps, secrets and volumes.</summary>
internal sealed class EnvironmentService
{
    /// <summary>What an empty name stands for.</summary>
    public const string Default = "main";

    private const string ImageBuilderVersion = "2025.06";

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _byName = new(StringComparer.Ordinal);
    private readonly List<Func<string, Task>> _contents = [];

    public EnvironmentService(IEnumerable<string> names, TimeProvider time)
    {
        _time = time;
        foreach (var name in names.Prepend(Default))
        {
            _byName[name] = NewEntry(name);
        }
    }

    public void Register(RpcService service)
    {
        service.Unary("EnvironmentGetOrCreate", (EnvironmentGetOrCreateRequest request, RpcContext _) => Task.FromResult(GetOrCreate(request)));
        service.Unary("EnvironmentCreate", (EnvironmentCreateRequest request, RpcContext _) => Task.FromResult(Create(request)));
        service.Unary("EnvironmentList", (Empty _, RpcContext _) => Task.FromResult(List()));
        service.Unary("EnvironmentDelete", (EnvironmentDeleteRequest request, RpcContext _) => DeleteAsync(request));
        service.Unary("ClientHello", (Empty _, RpcContext _) => Task.FromResult(new ClientHelloResponse { ImageBuilderVersion = ImageBuilderVersion }));
    }

    /// <summary>Names something that goes when an environment is deleted: it is called with the environment's name.</summary>
    public void AddContent(Func<string, Task> remove) => _contents.Add(remove);

    /// <summary>The full name of an environment that exists.</summary>
    public string Resolve(string name)
    {
        var resolved = name.Length == 0 ? Default : name;
        lock (_gate)
        {
            return _byName.ContainsKey(resolved)
                ? resolved
                : throw RpcFailedException.NotFound($"There is no environment '{name}'; the emulator has {string.Join(", ", _byName.Keys.Order(StringComparer.Ordinal))}.");
        }
    }

    private EnvironmentGetOrCreateResponse GetOrCreate(EnvironmentGetOrCreateRequest request)
    {
        lock (_gate)
        {
            var name = request.DeploymentName.Length == 0 ? Default : request.DeploymentName;
            if (!_byName.TryGetValue(name, out var entry))
            {
                if (request.ObjectCreationType is not (ObjectCreationType.CreateIfMissing or ObjectCreationType.CreateFailIfExists))
                {
                    Resolve(name);
                }

                ObjectNames.CheckEnvironment(name, allowPeriods: false);
                entry = _byName[name] = NewEntry(name);
            }
            else if (request.ObjectCreationType == ObjectCreationType.CreateFailIfExists)
            {
                throw AlreadyExists(name);
            }
            else if (request.ObjectCreationType is not (ObjectCreationType.Unspecified or ObjectCreationType.CreateIfMissing))
            {
                throw RpcFailedException.Unimplemented($"The emulator does not create environments with {request.ObjectCreationType}.");
            }

            return new EnvironmentGetOrCreateResponse
            {
                EnvironmentId = entry.Item.EnvironmentId,
                Metadata = new EnvironmentMetadata { Name = name, Settings = entry.Settings, EnvironmentType = entry.Item.EnvironmentType },
            };
        }
    }

    /// <summary>Roles are recorded and listed: whoever has the emulator's credentials is its owner, so there is nobody whom they could keep out.</summary>
    private Empty Create(EnvironmentCreateRequest request)
    {
        ObjectNames.CheckEnvironment(request.Name, allowPeriods: false);
        Unsupported.RefuseUnknownFields(request);
        Unsupported.Refuse(
            (request.Settings is { HasMaxConcurrentTasks: true } or { HasMaxConcurrentGpus: true }, "limits of an environment"),
            (request.Settings is { HasBlockUnauthenticatedResources: true, BlockUnauthenticatedResources: true }, "blocking of an environment's resources"),
            (request.EnvironmentType == EnvironmentType.ModalAdministered, "environments that Modal administers"));
        var entry = NewEntry(request.Name);
        entry.Item.IsManaged = request.IsManaged;
        entry.Item.EnvironmentType = request.EnvironmentType;
        if (ReadRole(request) is { } role)
        {
            entry.Item.DefaultMemberRole = role;
        }

        if (request.Settings is { ImageBuilderVersion.Length: > 0 } settings)
        {
            entry.Settings.ImageBuilderVersion = settings.ImageBuilderVersion;
        }

        if (request.Settings is { WebhookSuffix.Length: > 0 } named)
        {
            entry.Settings.WebhookSuffix = entry.Item.WebhookSuffix = named.WebhookSuffix;
        }

        lock (_gate)
        {
            return _byName.TryAdd(request.Name, entry) ? new Empty() : throw AlreadyExists(request.Name);
        }
    }

    private EnvironmentListResponse List()
    {
        lock (_gate)
        {
            return new EnvironmentListResponse { Items = { _byName.Values.Select(entry => entry.Item.Clone()).OrderBy(item => item.Name, StringComparer.Ordinal) } };
        }
    }

    private async Task<Empty> DeleteAsync(EnvironmentDeleteRequest request)
    {
        if (request.Name == Default)
        {
            throw RpcFailedException.FailedPrecondition($"The environment '{Default}' is the default one and cannot be deleted.");
        }

        lock (_gate)
        {
            // Gone first, so that nothing joins what is being removed.
            if (request.Name.Length == 0 || !_byName.Remove(request.Name))
            {
                throw RpcFailedException.NotFound($"There is no environment '{request.Name}'.");
            }
        }

        foreach (var remove in _contents)
        {
            await remove(request.Name).ConfigureAwait(false);
        }

        return new Empty();
    }

    private static EnvironmentRole? ReadRole(EnvironmentCreateRequest request) => request.DefaultMemberRoleStr.ToUpperInvariant().Replace('-', '_') switch
    {
        "" => request.HasDefaultMemberRole ? request.DefaultMemberRole : null,
        "VIEWER" => EnvironmentRole.Viewer,
        "CONTRIBUTOR" => EnvironmentRole.Contributor,
        "NO_ACCESS" => EnvironmentRole.NoAccess,
        _ => throw RpcFailedException.InvalidArgument($"'{request.DefaultMemberRoleStr}' is no role of an environment; there are viewer, contributor and no_access."),
    };

    private static RpcFailedException AlreadyExists(string name) => RpcFailedException.AlreadyExists($"There is an environment '{name}' already.");

    private Entry NewEntry(string name) => new(
        new EnvironmentListItem { Name = name, EnvironmentId = ModalIds.New("en"), CreatedAt = _time.UnixSeconds(), Default = name == Default },
        new EnvironmentSettings { ImageBuilderVersion = ImageBuilderVersion });

    private sealed record Entry(EnvironmentListItem Item, EnvironmentSettings Settings);
}
