using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>The life of sandboxes, on both backends: create, look at, wait for, terminate.</summary>
internal sealed class SandboxService(
    SandboxRegistry registry,
    SandboxDefinitions definitions,
    RouterAccess access,
    Task<SandboxHost> host,
    SandboxServices services,
    CancellationToken stopping)
{
    private readonly IdempotentCreates<EmulatedSandbox> _creates = new();

    public void Register(RpcService service)
    {
        service.Unary("SandboxCreateV2", (SandboxCreateV2Request request, RpcContext context) => CreateV2Async(request, context));
        service.Unary("SandboxCreate", (SandboxCreateRequest request, RpcContext context) => CreateV1Async(request, context));
        service.Unary("SandboxGetCommandRouterAccess", (SandboxGetCommandRouterAccessRequest request, RpcContext context) => Task.FromResult(GetAccess(request, context)));
        service.Unary("TaskGetCommandRouterAccess", (TaskGetCommandRouterAccessRequest request, RpcContext context) => Task.FromResult(GetAccess(request, context)));
        foreach (var (backend, suffix) in new[] { (SandboxBackend.V1, ""), (SandboxBackend.V2, "V2") })
        {
            service.Unary(
                $"SandboxGetTaskId{suffix}", (SandboxGetTaskIdRequest request, RpcContext _) => Task.FromResult(GetTaskId(registry.Find(request.SandboxId, backend))));
            service.Unary(
                $"SandboxWait{suffix}", (SandboxWaitRequest request, RpcContext context) => WaitAsync(registry.Find(request.SandboxId, backend), request, context));
            service.Unary(
                $"SandboxTerminate{suffix}", (SandboxTerminateRequest request, RpcContext _) => Task.FromResult(Terminate(registry.Find(request.SandboxId, backend))));
        }
    }

    private static SandboxGetTaskIdResponse GetTaskId(EmulatedSandbox sandbox) => new() { TaskId = sandbox.TaskId, TaskResult = sandbox.Result };

    internal static SandboxHandleMetadata Metadata(EmulatedSandbox sandbox) => new() { AppId = sandbox.Plan.AppId, Result = sandbox.Result };

    private static async Task<SandboxWaitResponse> WaitAsync(EmulatedSandbox sandbox, SandboxWaitRequest request, RpcContext context)
    {
        await LongPoll.WaitAsync(sandbox.Ended, request.Timeout, context.CancellationToken).ConfigureAwait(false);
        return new SandboxWaitResponse { Result = sandbox.Result, Metadata = Metadata(sandbox) };
    }

    private SandboxTerminateResponse Terminate(EmulatedSandbox sandbox)
    {
        var existing = sandbox.Result;
        sandbox.End(GenericStatus.Terminated, ExecExit.Killed.Code, "The sandbox was terminated.");
        registry.ReleaseName(sandbox.Plan.AppId, sandbox.Name, sandbox.Id);
        return new SandboxTerminateResponse { ExistingResult = existing };
    }

    private async Task<SandboxCreateV2Response> CreateV2Async(SandboxCreateV2Request request, RpcContext context)
    {
        var sandbox = await _creates.RunAsync(context, () => CreateAsync(definitions.Read(request))).ConfigureAwait(false);
        return new SandboxCreateV2Response
        {
            SandboxId = sandbox.Id,
            TaskId = sandbox.TaskId,
            Metadata = Metadata(sandbox),
            CommandRouterAccess = GetAccess(sandbox, context),
            Tunnels = { TunnelService.KnownAtCreate(sandbox) },
        };
    }

    private async Task<SandboxCreateResponse> CreateV1Async(SandboxCreateRequest request, RpcContext context)
    {
        var sandbox = await _creates.RunAsync(context, () => CreateAsync(definitions.Read(request))).ConfigureAwait(false);
        return new SandboxCreateResponse { SandboxId = sandbox.Id, Metadata = Metadata(sandbox) };
    }

    /// <summary>The way to a sandbox's command router.</summary>
    internal CommandRouterAccess GetAccess(EmulatedSandbox sandbox, RpcContext context) => new() { Url = access.Url(context), Jwt = access.Token(sandbox.TaskId) };

    internal async Task<EmulatedSandbox> CreateAsync(SandboxPlan plan)
    {
        var id = ModalIds.NewSandbox(plan.Backend);
        registry.TakeName(plan.AppId, plan.Name, id);
        services.Ledger.CreateStarted();
        try
        {
            return await StartFailures.ToldAsync(async () =>
            {
                var isolation = await host.WaitAsync(stopping).ConfigureAwait(false);
                var createdAt = registry.NextCreatedAt(services.Time.UnixSeconds());
                var taskId = ModalIds.NewTask(plan.Backend);
                var sandbox = await EmulatedSandbox.StartAsync(id, taskId, createdAt, plan, isolation, services, stopping).ConfigureAwait(false);
                registry.Add(sandbox);
                return sandbox;
            }).ConfigureAwait(false);
        }
        catch
        {
            registry.ReleaseName(plan.AppId, plan.Name, id);
            throw;
        }
        finally
        {
            services.Ledger.CreateEnded();
        }
    }

    private SandboxGetCommandRouterAccessResponse GetAccess(SandboxGetCommandRouterAccessRequest request, RpcContext context)
    {
        var sandbox = request.TargetCase switch
        {
            SandboxGetCommandRouterAccessRequest.TargetOneofCase.SandboxId => registry.Find(request.SandboxId, SandboxBackend.V2),
            SandboxGetCommandRouterAccessRequest.TargetOneofCase.TaskId => registry.FindTask(request.TaskId),
            _ => throw RpcFailedException.InvalidArgument("The request names neither a sandbox nor a task."),
        };
        return new SandboxGetCommandRouterAccessResponse { Url = access.Url(context), Jwt = access.Token(sandbox.TaskId) };
    }

    private TaskGetCommandRouterAccessResponse GetAccess(TaskGetCommandRouterAccessRequest request, RpcContext context)
        => new() { Url = access.Url(context), Jwt = access.Token(registry.FindTask(request.TaskId).TaskId) };
}
