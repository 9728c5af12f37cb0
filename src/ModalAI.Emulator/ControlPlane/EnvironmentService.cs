using System.Collections.Concurrent;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Environments: namespaces of apps, secrets and volumes.</summary>
internal sealed class EnvironmentService
{
    /// <summary>What an empty name stands for.</summary>
    public const string Default = "main";

    private const string ImageBuilderVersion = "2025.06";

    private readonly ConcurrentDictionary<string, string> _ids = new(StringComparer.Ordinal);

    public EnvironmentService(IEnumerable<string> names)
    {
        foreach (var name in names.Append(Default))
        {
            _ids[name] = ModalIds.New("en");
        }
    }

    public void Register(RpcService service)
        => service.Unary("EnvironmentGetOrCreate", (EnvironmentGetOrCreateRequest request, RpcContext _) => Task.FromResult(GetOrCreate(request)));

    /// <summary>The full name of an environment that exists.</summary>
    public string Resolve(string name)
    {
        var resolved = name.Length == 0 ? Default : name;
        return _ids.ContainsKey(resolved)
            ? resolved
            : throw RpcFailedException.NotFound($"There is no environment '{name}'; the emulator has {string.Join(", ", _ids.Keys.Order(StringComparer.Ordinal))}.");
    }

    private EnvironmentGetOrCreateResponse GetOrCreate(EnvironmentGetOrCreateRequest request)
    {
        var name = request.DeploymentName.Length == 0 ? Default : request.DeploymentName;
        switch (request.ObjectCreationType)
        {
            case ObjectCreationType.Unspecified:
                Resolve(name);
                break;
            case ObjectCreationType.CreateIfMissing:
                ObjectNames.Check("environment", name);
                _ids.TryAdd(name, ModalIds.New("en"));
                break;
            default:
                throw RpcFailedException.Unimplemented($"The emulator does not create environments with {request.ObjectCreationType}.");
        }

        return new EnvironmentGetOrCreateResponse
        {
            EnvironmentId = _ids[name],
            Metadata = new EnvironmentMetadata { Name = name, Settings = new EnvironmentSettings { ImageBuilderVersion = ImageBuilderVersion } },
        };
    }
}
