using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The command router's calls on the containers of one sandbox.</summary>
internal sealed class ContainerCalls(RouterCalls calls)
{
    private const int WaitSeconds = 10;

    /// <summary>RPC TaskContainerCreate; it takes as long as the image takes to load.</summary>
    public Task<TaskContainerCreateResponse> CreateAsync(TaskContainerCreateRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "TaskContainerCreate",
            static (stub, taskId, request, options) =>
            {
                request.TaskId = taskId;
                return stub.TaskContainerCreateAsync(request, options);
            },
            request,
            RetryRule.Router,
            timeout,
            timeout > RouterCalls.CallTimeout ? timeout : RouterCalls.CallTimeout,
            cancellationToken);

    /// <summary>RPC TaskContainerGet.</summary>
    public Task<TaskContainerGetResponse> GetAsync(string name, bool includeTerminated, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "TaskContainerGet",
            static (stub, taskId, state, options) => stub.TaskContainerGetAsync(
                new TaskContainerGetRequest { TaskId = taskId, ContainerName = state.name, IncludeTerminated = state.includeTerminated }, options),
            (name, includeTerminated),
            cancellationToken);

    /// <summary>RPC TaskContainerList.</summary>
    public Task<TaskContainerListResponse> ListAsync(bool includeTerminated, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "TaskContainerList",
            static (stub, taskId, includeTerminated, options) => stub.TaskContainerListAsync(
                new TaskContainerListRequest { TaskId = taskId, IncludeTerminated = includeTerminated }, options),
            includeTerminated,
            cancellationToken);

    /// <summary>The state now, or after Modal has waited a while for the end (RPC TaskContainerWait).</summary>
    public async Task<ModalSandboxExit?> WaitAsync(string containerId, bool longPoll, CancellationToken cancellationToken)
    {
        var response = await calls.CallAsync(
            "TaskContainerWait",
            static (stub, taskId, state, options) => stub.TaskContainerWaitAsync(
                new TaskContainerWaitRequest { TaskId = taskId, ContainerId = state.containerId, Timeout = state.longPoll ? WaitSeconds : 0 }, options),
            (containerId, longPoll),
            cancellationToken).ConfigureAwait(false);
        return ModalSandboxExit.From(response.Result);
    }

    /// <summary>RPC TaskContainerTerminate.</summary>
    public Task TerminateAsync(string containerId, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "TaskContainerTerminate",
            static (stub, taskId, containerId, options) => stub.TaskContainerTerminateAsync(
                new TaskContainerTerminateRequest { TaskId = taskId, ContainerId = containerId }, options),
            containerId,
            cancellationToken);
}
