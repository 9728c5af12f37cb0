using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Apps of the workspace. Ids are remembered: asking twice costs one call.</summary>
public sealed class ModalApps
{
    private readonly ControlPlane _controlPlane;
    private readonly ModalClientOptions _options;
    private readonly AsyncCache<(string Name, string Environment, bool Create), ModalApp> _apps = new();

    internal ModalApps(ControlPlane controlPlane, ModalClientOptions options)
    {
        _controlPlane = controlPlane;
        _options = options;
    }

    /// <summary>Looks an app up by its name (RPC AppGetOrCreate).</summary>
    /// <param name="name">Name of the app.</param>
    /// <param name="createIfMissing">Creates the app when there is none of that name.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such app.</exception>
    public Task<ModalApp> GetAsync(string name, bool createIfMissing = false, string? environment = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _apps.GetAsync((name, environment ?? _options.Environment ?? "", createIfMissing), FetchAsync, cancellationToken);
    }

    internal void Forget() => _apps.Clear();

    private async Task<ModalApp> FetchAsync((string Name, string Environment, bool Create) key)
    {
        try
        {
            var response = await _controlPlane.LookUpAsync(
                "AppGetOrCreate",
                static (stub, request, options) => stub.AppGetOrCreateAsync(request, options),
                new AppGetOrCreateRequest
                {
                    AppName = key.Name,
                    EnvironmentName = key.Environment,
                    ObjectCreationType = key.Create ? ObjectCreationType.CreateIfMissing : ObjectCreationType.Unspecified,
                },
                CancellationToken.None).ConfigureAwait(false);
            return new ModalApp(response.AppId, key.Name, key.Environment);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(
                exception,
                $"App '{key.Name}' was not found{ModalEnvironments.In(key.Environment)}. Create it, correct AppName, or let it be created (createIfMissing, CreateAppIfMissing).");
        }
    }
}
