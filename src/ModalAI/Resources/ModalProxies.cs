using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Proxies of the workspace.</summary>
public sealed class ModalProxies
{
    private readonly ControlPlane _controlPlane;
    private readonly ModalClientOptions _options;

    internal ModalProxies(ControlPlane controlPlane, ModalClientOptions options)
    {
        _controlPlane = controlPlane;
        _options = options;
    }

    /// <summary>Looks a proxy up by its name (RPC ProxyGet).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such proxy.</exception>
    public async Task<ModalProxy> GetAsync(string name, string? environment = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new ProxyGetRequest { Name = name, EnvironmentName = environment ?? _options.Environment ?? "" };
        var message = $"Proxy '{name}' was not found{ModalEnvironments.In(request.EnvironmentName)}. Create it in Modal, or correct its name.";
        try
        {
            var response = await _controlPlane.CallAsync(
                "ProxyGet", static (stub, request, options) => stub.ProxyGetAsync(request, options), request, cancellationToken).ConfigureAwait(false);
            return response.Proxy is { ProxyId.Length: > 0 } proxy ? new ModalProxy(proxy.ProxyId, name) : throw new ModalException(ModalErrorCode.NotFound, message);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound && exception.InnerException is not null)
        {
            throw ModalErrors.Explain(exception, message);
        }
    }
}
