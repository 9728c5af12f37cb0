using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The command router's calls on the network of one sandbox, their failures told as exceptions of this library.</summary>
internal sealed class NetworkCalls(string sandboxId, CommandRouter router)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(2);

    /// <summary>What an answer may be late beyond the time that the router was given.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>RPC TaskSetNetworkAccess.</summary>
    public Task SetNetworkAccessAsync(NetworkAccess access, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskSetNetworkAccess",
            static (stub, taskId, access, options) => stub.TaskSetNetworkAccessAsync(
                new TaskSetNetworkAccessRequest { TaskId = taskId, NetworkAccess = access }, options),
            access,
            AttemptTimeout,
            CallTimeout,
            cancellationToken);

    /// <summary>RPC TaskSetOutboundPolicy.</summary>
    public Task SetOutboundPolicyAsync(ExperimentalOutboundPolicy policy, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskSetOutboundPolicy",
            static (stub, taskId, policy, options) => stub.TaskSetOutboundPolicyAsync(
                new TaskSetExperimentalOutboundPolicyRequest { TaskId = taskId, ExperimentalOutboundPolicy = policy }, options),
            policy,
            AttemptTimeout,
            CallTimeout,
            cancellationToken);

    /// <summary>RPC SandboxWaitUntilReady, held until the sandbox is ready. Each attempt gives the router what is left of the time.</summary>
    public Task<SandboxWaitUntilReadyTcrResponse> WaitUntilReadyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var time = router.TimeProvider;
        return CallAsync(
            "SandboxWaitUntilReady",
            static (stub, taskId, state, options) =>
            {
                var left = state.timeout - state.time.GetElapsedTime(state.started);
                var request = new SandboxWaitUntilReadyTcrRequest { TaskId = taskId, Timeout = (float)Math.Max(0.001, left.TotalSeconds) };
                return stub.SandboxWaitUntilReadyAsync(request, options);
            },
            (timeout, time, started: time.GetTimestamp()),
            timeout + Grace,
            timeout + Grace,
            cancellationToken);
    }

    private async Task<TResponse> CallAsync<TState, TResponse>(
        string rpc, CommandRouter.UnaryCall<TState, TResponse> call, TState state, TimeSpan attemptTimeout, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await router.CallAsync(rpc, call, state, RetryRule.Router, attemptTimeout, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw ModalErrors.FromRouter(exception, rpc, sandboxId);
        }
    }
}
