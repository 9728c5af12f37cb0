using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The command router's calls on the network of one sandbox.</summary>
internal sealed class NetworkCalls(RouterCalls calls)
{
    /// <summary>What an answer may be late beyond the time that the router was given.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>RPC TaskSetNetworkAccess.</summary>
    public Task SetNetworkAccessAsync(NetworkAccess access, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "TaskSetNetworkAccess",
            static (stub, taskId, access, options) => stub.TaskSetNetworkAccessAsync(
                new TaskSetNetworkAccessRequest { TaskId = taskId, NetworkAccess = access }, options),
            access,
            cancellationToken);

    /// <summary>RPC TaskSetOutboundPolicy.</summary>
    public Task SetOutboundPolicyAsync(ExperimentalOutboundPolicy policy, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "TaskSetOutboundPolicy",
            static (stub, taskId, policy, options) => stub.TaskSetOutboundPolicyAsync(
                new TaskSetExperimentalOutboundPolicyRequest { TaskId = taskId, ExperimentalOutboundPolicy = policy }, options),
            policy,
            cancellationToken);

    /// <summary>RPC SandboxWaitUntilReady, held until the sandbox is ready. Each attempt gives the router what is left of the time.</summary>
    public Task<SandboxWaitUntilReadyTcrResponse> WaitUntilReadyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var time = calls.Router.TimeProvider;
        return calls.CallAsync(
            "SandboxWaitUntilReady",
            static (stub, taskId, state, options) =>
            {
                var left = state.timeout - state.time.GetElapsedTime(state.started);
                var request = new SandboxWaitUntilReadyTcrRequest { TaskId = taskId, Timeout = (float)Math.Max(0.001, left.TotalSeconds) };
                return stub.SandboxWaitUntilReadyAsync(request, options);
            },
            (timeout, time, started: time.GetTimestamp()),
            RetryRule.Router,
            timeout + Grace,
            timeout + Grace,
            cancellationToken);
    }
}
