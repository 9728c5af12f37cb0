using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Proxies, as far as they have a name and an id: those that the options name, in every environment.</summary>
internal sealed class ProxyService(EnvironmentService environments, IEnumerable<string> names, TimeProvider time)
{
    private readonly HashSet<string> _names = new(names, StringComparer.Ordinal);
    private readonly double _createdAt = time.UnixSeconds();

    public void Register(RpcService service)
        => service.Unary("ProxyGet", (ProxyGetRequest request, RpcContext _) => Task.FromResult(Get(request)));

    /// <summary>Fails unless an environment has a proxy of this id.</summary>
    public void Find(string proxyId, string environment)
    {
        if (!_names.Any(name => IdOf(environment, name) == proxyId))
        {
            throw RpcFailedException.NotFound($"There is no proxy '{proxyId}' in environment '{environment}'.");
        }
    }

    private static string IdOf(string environment, string name) => ModalIds.FromContent("pr", System.Text.Encoding.UTF8.GetBytes($"{environment}\n{name}"));

    private ProxyGetResponse Get(ProxyGetRequest request)
    {
        var environment = environments.Resolve(request.EnvironmentName);
        return _names.Contains(request.Name)
            ? new ProxyGetResponse
            {
                Proxy = new Proxy { Name = request.Name, EnvironmentName = environment, ProxyId = IdOf(environment, request.Name), CreatedAt = _createdAt },
            }
            : throw RpcFailedException.NotFound($"There is no proxy '{request.Name}' in environment '{environment}'.");
    }
}
