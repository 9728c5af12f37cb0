using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Apps: what sandboxes belong to.</summary>
internal sealed class AppService
{
    private readonly EnvironmentService _environments;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Environment, string Name), AppHandleMetadata> _byName = [];
    private readonly Dictionary<string, AppHandleMetadata> _byId = new(StringComparer.Ordinal);

    public AppService(EnvironmentService environments, TimeProvider time)
    {
        _environments = environments;
        _time = time;
        environments.AddContent(RemoveAsync);
    }

    public void Register(RpcService service, SandboxRegistry sandboxes)
    {
        service.Unary("AppGetOrCreate", (AppGetOrCreateRequest request, RpcContext _) => Task.FromResult(GetOrCreate(request)));
        service.Unary("AppGetInfo", (AppGetInfoRequest request, RpcContext _) => Task.FromResult(new AppGetInfoResponse { Info = Find(request.AppId) }));
        service.Unary("AppList", (AppListRequest request, RpcContext _) => Task.FromResult(List(request, sandboxes)));
    }

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
        var environment = _environments.Resolve(environmentName);
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
        var environment = _environments.Resolve(request.EnvironmentName);
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
                Lifecycle = new AppLifecycle { AppState = AppState.Deployed, CreatedAt = _time.UnixSeconds() },
            };
            _byName.Add((environment, request.AppName), app);
            _byId.Add(app.AppId, app);
            return app;
        }
    }

    private AppListResponse List(AppListRequest request, SandboxRegistry sandboxes)
    {
        var environment = _environments.Resolve(request.EnvironmentName);
        var running = sandboxes.All.Where(sandbox => sandbox.IsRunning).CountBy(sandbox => sandbox.Plan.AppId).ToDictionary(StringComparer.Ordinal);
        lock (_gate)
        {
            var apps = _byName.Values.Where(app => app.EnvironmentName == environment).OrderBy(app => app.Description, StringComparer.Ordinal);
            return new AppListResponse
            {
                Apps =
                {
                    apps.Select(app => new AppListResponse.Types.AppListItem
                    {
                        AppId = app.AppId,
                        Name = app.Description,
                        Description = app.Description,
                        State = app.Lifecycle.AppState,
                        CreatedAt = app.Lifecycle.CreatedAt,
                        NRunningTasks = running.GetValueOrDefault(app.AppId),
                        Metadata = app,
                    }),
                },
            };
        }
    }

    private Task RemoveAsync(string environment)
    {
        lock (_gate)
        {
            foreach (var (key, app) in _byName.Where(app => app.Key.Environment == environment).ToArray())
            {
                _byName.Remove(key);
                _byId.Remove(app.AppId);
            }
        }

        return Task.CompletedTask;
    }
}
