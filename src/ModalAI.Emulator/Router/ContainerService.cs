using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Router;

/// <summary>The containers of a task: create sidecars, find them, wait for them, end them.</summary>
internal sealed class ContainerService(RouterTasks tasks, ContainerDefinitions definitions, SidecarCreation creation)
{
    private const string Running = "running";
    private const string Terminated = "terminated";

    public void Register(RpcService service)
    {
        service.Unary("TaskContainerCreate", (TaskContainerCreateRequest request, RpcContext context) => CreateAsync(request, context));
        service.Unary("TaskContainerGet", (TaskContainerGetRequest request, RpcContext context) => Task.FromResult(Get(request, context)));
        service.Unary("TaskContainerList", (TaskContainerListRequest request, RpcContext context) => Task.FromResult(List(request, context)));
        service.Unary("TaskContainerWait", (TaskContainerWaitRequest request, RpcContext context) => WaitAsync(request, context));
        service.Unary("TaskContainerTerminate", (TaskContainerTerminateRequest request, RpcContext context) => Task.FromResult(Terminate(request, context)));
    }

    private static TaskContainerInfo Describe(Sidecar sidecar) => new()
    {
        ContainerId = sidecar.Container.Id,
        ContainerName = sidecar.Container.Plan.Name,
        Status = sidecar.IsRunning ? Running : Terminated,
        Result = sidecar.Result,
    };

    private static TaskContainerInfo DescribeMain(EmulatedSandbox sandbox) => new()
    {
        ContainerId = sandbox.Main.Id,
        ContainerName = ContainerPlan.MainName,
        Status = sandbox.IsRunning ? Running : Terminated,
        Result = sandbox.Result,
    };

    private static bool IsMain(EmulatedSandbox sandbox, string containerId) => containerId.Length == 0 || containerId == sandbox.Main.Id;

    private async Task<TaskContainerCreateResponse> CreateAsync(TaskContainerCreateRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        var sidecar = await creation.CreateAsync(sandbox, definitions.Read(request)).ConfigureAwait(false);
        return new TaskContainerCreateResponse { ContainerId = sidecar.Container.Id, ContainerName = sidecar.Container.Plan.Name };
    }

    /// <summary>The one that runs under a name, or else the last that did.</summary>
    private TaskContainerGetResponse Get(TaskContainerGetRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        if (request.ContainerName == ContainerPlan.MainName)
        {
            return new TaskContainerGetResponse { Container = DescribeMain(sandbox) };
        }

        var named = sandbox.Sidecars.Where(sidecar => sidecar.Container.Plan.Name == request.ContainerName).ToArray();
        var found = Array.Find(named, sidecar => sidecar.IsRunning) ?? (request.IncludeTerminated ? named.LastOrDefault() : null)
            ?? throw RpcFailedException.NotFound($"Sandbox {sandbox.Id} has no container named '{request.ContainerName}'{(request.IncludeTerminated ? "" : " that runs")}.");
        return new TaskContainerGetResponse { Container = Describe(found) };
    }

    private TaskContainerListResponse List(TaskContainerListRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        var sidecars = sandbox.Sidecars.Where(sidecar => request.IncludeTerminated || sidecar.IsRunning).Select(Describe);
        return new TaskContainerListResponse { Containers = { sidecars.Prepend(DescribeMain(sandbox)) } };
    }

    private async Task<TaskContainerWaitResponse> WaitAsync(TaskContainerWaitRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        var ended = IsMain(sandbox, request.ContainerId) ? sandbox.Ended : sandbox.FindSidecar(request.ContainerId).Ended;
        await LongPoll.WaitAsync(ended, request.Timeout, context.CancellationToken).ConfigureAwait(false);
        return new TaskContainerWaitResponse { Result = ended.IsCompletedSuccessfully ? await ended.ConfigureAwait(false) : null };
    }

    private TaskContainerTerminateResponse Terminate(TaskContainerTerminateRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        if (IsMain(sandbox, request.ContainerId))
        {
            throw RpcFailedException.InvalidArgument("The main container ends with its sandbox only: use SandboxTerminate.");
        }

        sandbox.EndSidecar(sandbox.FindSidecar(request.ContainerId), GenericStatus.Terminated, ExecExit.Killed.Code, "The container was terminated.");
        return new TaskContainerTerminateResponse();
    }
}
