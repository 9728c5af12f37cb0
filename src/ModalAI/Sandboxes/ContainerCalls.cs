using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The command router's calls on the containers of one sandbox, their failures told as exceptions of this library.</summary>
internal sealed class ContainerCalls(string sandboxId, CommandRouter router)
{
    private const int WaitSeconds = 10;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(2);

    /// <summary>RPC TaskContainerCreate; it takes as long as the image takes to load.</summary>
    public Task<TaskContainerCreateResponse> CreateAsync(TaskContainerCreateRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskContainerCreate",
            static (stub, taskId, request, options) =>
            {
                request.TaskId = taskId;
                return stub.TaskContainerCreateAsync(request, options);
            },
            request,
            timeout,
            cancellationToken);

    /// <summary>RPC TaskContainerGet.</summary>
    public Task<TaskContainerGetResponse> GetAsync(string name, bool includeTerminated, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskContainerGet",
            static (stub, taskId, state, options) => stub.TaskContainerGetAsync(
                new TaskContainerGetRequest { TaskId = taskId, ContainerName = state.name, IncludeTerminated = state.includeTerminated }, options),
            (name, includeTerminated),
            AttemptTimeout,
            cancellationToken);

    /// <summary>RPC TaskContainerList.</summary>
    public Task<TaskContainerListResponse> ListAsync(bool includeTerminated, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskContainerList",
            static (stub, taskId, includeTerminated, options) => stub.TaskContainerListAsync(
                new TaskContainerListRequest { TaskId = taskId, IncludeTerminated = includeTerminated }, options),
            includeTerminated,
            AttemptTimeout,
            cancellationToken);

    /// <summary>The state now, or after Modal has waited a while for the end (RPC TaskContainerWait).</summary>
    public async Task<ModalSandboxExit?> WaitAsync(string containerId, bool longPoll, CancellationToken cancellationToken)
    {
        var response = await CallAsync(
            "TaskContainerWait",
            static (stub, taskId, state, options) => stub.TaskContainerWaitAsync(
                new TaskContainerWaitRequest { TaskId = taskId, ContainerId = state.containerId, Timeout = state.longPoll ? WaitSeconds : 0 }, options),
            (containerId, longPoll),
            AttemptTimeout,
            cancellationToken).ConfigureAwait(false);
        return ModalSandboxExit.From(response.Result);
    }

    /// <summary>RPC TaskContainerTerminate.</summary>
    public Task TerminateAsync(string containerId, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskContainerTerminate",
            static (stub, taskId, containerId, options) => stub.TaskContainerTerminateAsync(
                new TaskContainerTerminateRequest { TaskId = taskId, ContainerId = containerId }, options),
            containerId,
            AttemptTimeout,
            cancellationToken);

    private async Task<TResponse> CallAsync<TState, TResponse>(
        string rpc, CommandRouter.UnaryCall<TState, TResponse> call, TState state, TimeSpan attemptTimeout, CancellationToken cancellationToken)
    {
        try
        {
            return await router.CallAsync(
                rpc, call, state, RetryRule.Router, attemptTimeout, attemptTimeout > CallTimeout ? attemptTimeout : CallTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw ModalErrors.FromRouter(exception, rpc, sandboxId);
        }
    }
}
