using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Finding sandboxes: lists, names and tags.</summary>
internal sealed class SandboxLookupService(SandboxRegistry registry, AppService apps, EnvironmentService environments)
{
    private const int PageSize = 100;

    public void Register(RpcService service)
    {
        service.Unary("SandboxSetName", (SandboxSetNameRequest request, RpcContext _) => Task.FromResult(SetName(request)));
        foreach (var (backend, suffix) in new[] { (SandboxBackend.V1, ""), (SandboxBackend.V2, "V2") })
        {
            service.Unary($"SandboxList{suffix}", (SandboxListRequest request, RpcContext _) => Task.FromResult(List(backend, request)));
            service.Unary($"SandboxGetFromName{suffix}", (SandboxGetFromNameRequest request, RpcContext _) => Task.FromResult(FromName(backend, request)));
            service.Unary(
                $"SandboxTagsGet{suffix}", (SandboxTagsGetRequest request, RpcContext _) => Task.FromResult(GetTags(registry.Find(request.SandboxId, backend))));
            service.Unary(
                $"SandboxTagsSet{suffix}", (SandboxTagsSetRequest request, RpcContext _) => Task.FromResult(SetTags(registry.Find(request.SandboxId, backend), request)));
        }
    }

    private static SandboxTagsGetResponse GetTags(EmulatedSandbox sandbox) => new() { Tags = { sandbox.Tags } };

    private static Empty SetTags(EmulatedSandbox sandbox, SandboxTagsSetRequest request)
    {
        SandboxDefinitions.CheckTags(request.Tags);
        sandbox.Tags = request.Tags;
        return new Empty();
    }

    private static SandboxInfo Describe(EmulatedSandbox sandbox)
    {
        var definition = sandbox.Plan.Definition;
        var resources = definition.Resources ?? new Resources();
        var info = new SandboxInfo
        {
            Id = sandbox.Id,
            AppId = sandbox.Plan.AppId,
            CreatedAt = sandbox.CreatedAt,
            Name = sandbox.Name,
            ImageId = definition.ImageId,
            Tags = { sandbox.Tags },
            Regions = { definition.SchedulerPlacement?.Regions ?? [] },
            TimeoutSecs = (uint)sandbox.Plan.Timeout.TotalSeconds,
            TaskInfo = new TaskInfo
            {
                Id = sandbox.TaskId,
                SandboxId = sandbox.Id,
                EnqueuedAt = sandbox.CreatedAt,
                StartedAt = sandbox.CreatedAt,
                FinishedAt = sandbox.FinishedAt ?? 0,
                Result = sandbox.Result,
                GpuConfig = resources.GpuConfig,
            },
            ResourceInfo = new ResourceInfo
            {
                MemoryMb = new ResourceInfo.Types.ResourceValue { Value = resources.MemoryMb, IsDefault = resources.MemoryMb == 0 },
                MilliCpu = new ResourceInfo.Types.ResourceValue { Value = resources.MilliCpu, IsDefault = resources.MilliCpu == 0 },
                GpuType = resources.GpuConfig?.GpuType ?? "",
                MemoryMbMax = resources.MemoryMbMax,
                MilliCpuMax = resources.MilliCpuMax,
                EphemeralDiskMb = resources.EphemeralDiskMb,
            },
            Metadata = SandboxService.Metadata(sandbox),
        };
        if (sandbox.Plan.IdleTimeout is { } idle)
        {
            info.IdleTimeoutSecs = (uint)idle.TotalSeconds;
        }

        return info;
    }

    private SandboxSetNameResponse SetName(SandboxSetNameRequest request)
    {
        var sandbox = registry.Find(request.SandboxId, SandboxBackend.V2);
        ObjectNames.Check("sandbox", request.Name);
        registry.SetName(sandbox, request.Name);
        return new SandboxSetNameResponse();
    }

    /// <summary>One page, newest first. V2 lists the sandboxes of both backends.</summary>
    private SandboxListResponse List(SandboxBackend backend, SandboxListRequest request)
    {
        SandboxDefinitions.CheckTags(request.Tags);
        var environment = request.AppId.Length == 0 ? environments.Resolve(request.EnvironmentName) : apps.Find(request.AppId).EnvironmentName;
        var page = registry.All
            .Where(sandbox => backend == SandboxBackend.V2 || sandbox.Plan.Backend == SandboxBackend.V1)
            .Where(sandbox => request.IncludeFinished || sandbox.IsRunning)
            .Where(sandbox => request.BeforeTimestamp <= 0 || sandbox.CreatedAt < request.BeforeTimestamp)
            .Where(sandbox => request.AppId.Length == 0 ? sandbox.Plan.EnvironmentName == environment : sandbox.Plan.AppId == request.AppId)
            .Where(sandbox => request.Tags.All(sandbox.Tags.Contains))
            .Take(PageSize);
        return new SandboxListResponse { Sandboxes = { page.Select(Describe) } };
    }

    private SandboxGetFromNameResponse FromName(SandboxBackend backend, SandboxGetFromNameRequest request)
    {
        var app = apps.Find(request.EnvironmentName, request.AppName);
        var named = registry.All.Where(candidate => candidate.Plan.Backend == backend
            && candidate.Plan.AppId == app.AppId
            && candidate.Name.Length > 0
            && candidate.Name == request.SandboxName).ToArray();
        var sandbox = Array.Find(named, candidate => candidate.IsRunning) ?? (request.IncludeTerminated ? named.FirstOrDefault() : null)
            ?? throw RpcFailedException.NotFound($"No sandbox named '{request.SandboxName}' runs in app '{request.AppName}' on the {backend} backend.");
        return new SandboxGetFromNameResponse { SandboxId = sandbox.Id, Metadata = SandboxService.Metadata(sandbox) };
    }
}
