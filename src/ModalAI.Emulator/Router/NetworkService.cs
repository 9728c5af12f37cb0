using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.NetworkAccess.Types;

namespace ModalAI.Emulator.Router;

/// <summary>What a running sandbox may reach, and whether it is ready to be reached.</summary>
internal sealed class NetworkService(RouterTasks tasks, OutboundPolicies policies)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    public void Register(RpcService service)
    {
        service.Unary("TaskSetNetworkAccess", (TaskSetNetworkAccessRequest request, RpcContext context) => SetNetworkAccessAsync(request, context));
        service.Unary(
            "TaskSetOutboundPolicy", (TaskSetExperimentalOutboundPolicyRequest request, RpcContext context) => Task.FromResult(SetOutboundPolicy(request, context)));
        service.Unary("SandboxWaitUntilReady", (SandboxWaitUntilReadyTcrRequest request, RpcContext context) => WaitUntilReadyAsync(request, context));
    }

    private async Task<TaskSetNetworkAccessResponse> SetNetworkAccessAsync(TaskSetNetworkAccessRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        if (request.NetworkAccess is not { NetworkAccessType: NetworkAccessType.Allowlist } access)
        {
            throw RpcFailedException.InvalidArgument("Only an allowlist can be set; 0.0.0.0/0 or * allows everything.");
        }

        await sandbox.SetNetworkPolicyAsync(NetworkDefinitions.ReadPolicy(access), context.CancellationToken).ConfigureAwait(false);
        return new TaskSetNetworkAccessResponse();
    }

    private TaskSetExperimentalOutboundPolicyResponse SetOutboundPolicy(TaskSetExperimentalOutboundPolicyRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        if (!sandbox.Plan.Network.HasOutboundPolicy)
        {
            throw RpcFailedException.FailedPrecondition($"Sandbox {sandbox.Id} was created without an outbound policy; only one that was created with one can get another.");
        }

        policies.Check(request.ExperimentalOutboundPolicy ?? new ExperimentalOutboundPolicy());
        return new TaskSetExperimentalOutboundPolicyResponse();
    }

    private async Task<SandboxWaitUntilReadyTcrResponse> WaitUntilReadyAsync(SandboxWaitUntilReadyTcrRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        var timeout = TimeSpan.FromSeconds(Math.Clamp(request.Timeout, 0, LongestWait.TotalSeconds));
        return new SandboxWaitUntilReadyTcrResponse { ReadyAt = await sandbox.WaitUntilReadyAsync(timeout, context.CancellationToken).ConfigureAwait(false) };
    }
}
