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

    /// <summary>Asks what Modal knows of an app (RPC AppGetInfo).</summary>
    /// <param name="appId">Its id (<c>ap-…</c>).</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such app.</exception>
    public async Task<ModalAppInfo> GetInfoAsync(string appId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(appId);
        try
        {
            var response = await _controlPlane.CallAsync(
                "AppGetInfo",
                static (stub, request, options) => stub.AppGetInfoAsync(request, options),
                new AppGetInfoRequest { AppId = appId },
                cancellationToken).ConfigureAwait(false);
            return response.Info is { } info
                ? ModalAppInfo.From(appId, info)
                : throw new ModalException(ModalErrorCode.Internal, $"{_controlPlane.Server} answered AppGetInfo for app '{appId}' without information.");
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"App '{appId}' was not found. It may have been stopped long ago, or belong to another workspace.");
        }
    }

    /// <summary>Lists the apps of an environment but for those that were stopped or disabled (RPC AppList). Creates none.</summary>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The apps; one that was never deployed has an empty name.</returns>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such environment.</exception>
    public async Task<IReadOnlyList<ModalApp>> ListAsync(string? environment = null, CancellationToken cancellationToken = default)
    {
        var name = environment ?? _options.Environment ?? "";
        try
        {
            var response = await _controlPlane.CallAsync(
                "AppList",
                static (stub, request, options) => stub.AppListAsync(request, options),
                new AppListRequest { EnvironmentName = name },
                cancellationToken).ConfigureAwait(false);
            return [.. response.Apps.Where(static app => app.State is not (AppState.Stopped or AppState.Disabled)).Select(app => new ModalApp(app.AppId, app.Name, name))];
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"Environment '{name}' was not found, so its apps cannot be listed.");
        }
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
