using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Apps: what sandboxes belong to.</summary>
internal sealed class AppService(EnvironmentService environments, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Environment, string Name), AppHandleMetadata> _byName = [];
    private readonly Dictionary<string, AppHandleMetadata> _byId = new(StringComparer.Ordinal);

    public void Register(RpcService service)
        => service.Unary("AppGetOrCreate", (AppGetOrCreateRequest request, RpcContext _) => Task.FromResult(GetOrCreate(request)));

    /// <summary>The app of an id.</summary>
    public AppHandleMetadata Find(string appId)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(appId) ?? throw RpcFailedException.NotFound($"There is no app '{appId}'.");
        }
    }

    /// <summary>The app of a name.</summary>
    public AppHandleMetadata Find(string environmentName, string appName)
    {
        var environment = environments.Resolve(environmentName);
        lock (_gate)
        {
            return _byName.GetValueOrDefault((environment, appName))
                ?? throw RpcFailedException.NotFound($"There is no app '{appName}' in environment '{environment}'.");
        }
    }

    private AppGetOrCreateResponse GetOrCreate(AppGetOrCreateRequest request)
    {
        var app = request.ObjectCreationType switch
        {
            ObjectCreationType.Unspecified => Find(request.EnvironmentName, request.AppName),
            ObjectCreationType.CreateIfMissing => Create(request, failIfExists: false),
            ObjectCreationType.CreateFailIfExists => Create(request, failIfExists: true),
            _ => throw RpcFailedException.Unimplemented($"The emulator does not create apps with {request.ObjectCreationType}."),
        };
        return new AppGetOrCreateResponse { AppId = app.AppId, HandleMetadata = app };
    }

    private AppHandleMetadata Create(AppGetOrCreateRequest request, bool failIfExists)
    {
        ObjectNames.Check("app", request.AppName);
        var environment = environments.Resolve(request.EnvironmentName);
        lock (_gate)
        {
            if (_byName.TryGetValue((environment, request.AppName), out var known))
            {
                return failIfExists
                    ? throw RpcFailedException.AlreadyExists($"There is an app '{request.AppName}' in environment '{environment}' already.")
                    : known;
            }

            var app = new AppHandleMetadata
            {
                AppId = ModalIds.New("ap"),
                Description = request.AppName,
                EnvironmentName = environment,
                Lifecycle = new AppLifecycle { AppState = AppState.Deployed, CreatedAt = time.UnixSeconds() },
            };
            _byName.Add((environment, request.AppName), app);
            _byId.Add(app.AppId, app);
            return app;
        }
    }
}
