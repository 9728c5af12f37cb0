using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;
using NameOverride = ModalAI.Protocol.SandboxRestoreRequest.Types.SandboxNameOverrideType;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Exit snapshots on both backends, snapshots of memory on V1, and what is restored from those of both.</summary>
internal sealed class SandboxSnapshotService(SandboxRegistry registry, SandboxService sandboxes, MemorySnapshots memory, CancellationToken stopping)
{
    private readonly IdempotentCreates<string> _snapshots = new();
    private readonly IdempotentCreates<EmulatedSandbox> _restores = new();

    public void Register(RpcService service)
    {
        service.Unary("SandboxGetExitSnapshot", (SandboxGetExitSnapshotRequest request, RpcContext context) => GetExitAsync(SandboxBackend.V1, request, context));
        service.Unary("SandboxGetExitSnapshotV2", (SandboxGetExitSnapshotRequest request, RpcContext context) => GetExitAsync(SandboxBackend.V2, request, context));
        service.Unary("SandboxSnapshot", (SandboxSnapshotRequest request, RpcContext context) => SnapshotAsync(request, context));
        service.Unary("SandboxSnapshotWait", (SandboxSnapshotWaitRequest request, RpcContext _) => Task.FromResult(Wait(request)));
        service.Unary("SandboxSnapshotGet", (SandboxSnapshotGetRequest request, RpcContext _) => Task.FromResult(Get(request)));
        service.Unary("SandboxRestore", (SandboxRestoreRequest request, RpcContext context) => RestoreV1Async(request, context));
        service.Unary("SandboxRestoreV2", (SandboxRestoreV2Request request, RpcContext context) => RestoreV2Async(request, context));
    }

    private async Task<SandboxGetExitSnapshotResponse> GetExitAsync(SandboxBackend backend, SandboxGetExitSnapshotRequest request, RpcContext context)
    {
        var sandbox = registry.Find(request.SandboxId, backend);
        if (!sandbox.Plan.KeepsExitSnapshot)
        {
            throw RpcFailedException.InvalidArgument(
                $"Sandbox {sandbox.Id} makes no exit snapshot; create it with the experimental option '{SnapshotRules.ExitSnapshotOption}'.");
        }

        if (float.IsNaN(request.Timeout) || request.Timeout < 0)
        {
            throw RpcFailedException.InvalidArgument($"The timeout is {request.Timeout}: it must not be negative.");
        }

        await LongPoll.WaitAsync(sandbox.ExitSnapshot, request.Timeout, context.CancellationToken).ConfigureAwait(false);
        if (!sandbox.ExitSnapshot.IsCompleted)
        {
            return new SandboxGetExitSnapshotResponse { Pending = new SandboxGetExitSnapshotResponse.Types.Pending() };
        }

        var (imageId, failure) = await sandbox.ExitSnapshot.ConfigureAwait(false);
        return imageId is not null
            ? new SandboxGetExitSnapshotResponse { Success = new SandboxGetExitSnapshotResponse.Types.Success { ImageId = imageId } }
            : new SandboxGetExitSnapshotResponse
            {
                Error = new SandboxGetExitSnapshotResponse.Types.Error { ErrorCode = SandboxGetExitSnapshotResponse.Types.ErrorCode.FilesystemInconsistent, Message = failure },
            };
    }

    private async Task<SandboxSnapshotResponse> SnapshotAsync(SandboxSnapshotRequest request, RpcContext context)
    {
        var sandbox = registry.Find(request.SandboxId, SandboxBackend.V1);
        if (!sandbox.IsRunning)
        {
            throw RpcFailedException.FailedPrecondition($"Sandbox {sandbox.Id} has ended; nothing of it is in memory.");
        }

        SnapshotRules.CheckMemory(sandbox);
        var snapshotId = await _snapshots.RunAsync(
            context, () => sandbox.SnapshotAsync(sandbox.Main, content => memory.Add(sandbox.Plan, content), stopping)).ConfigureAwait(false);
        return new SandboxSnapshotResponse { SnapshotId = snapshotId };
    }

    /// <summary>A snapshot that has an id is done.</summary>
    private SandboxSnapshotWaitResponse Wait(SandboxSnapshotWaitRequest request)
    {
        Find(request.SnapshotId);
        return new SandboxSnapshotWaitResponse { Result = new GenericResult { Status = GenericStatus.Success } };
    }

    private SandboxSnapshotGetResponse Get(SandboxSnapshotGetRequest request) => new()
    {
        SnapshotId = request.SnapshotId,
        HandleMetadata = new SandboxSnapshotHandleMetadata { IsV2 = Find(request.SnapshotId).Backend == SandboxBackend.V2 },
    };

    private async Task<SandboxRestoreResponse> RestoreV1Async(SandboxRestoreRequest request, RpcContext context)
    {
        Unsupported.Refuse(
            (request.WorkerId.Length > 0, "the choice of a worker"),
            (request.ReplaceVolumeMounts || request.VolumeMounts.Count > 0, "other volumes for a sandbox that is restored"));
        var sandbox = await RestoreAsync(context, SandboxBackend.V1, request.SnapshotId, request.SandboxNameOverrideType, request.SandboxNameOverride).ConfigureAwait(false);
        return new SandboxRestoreResponse { SandboxId = sandbox.Id };
    }

    private async Task<SandboxRestoreV2Response> RestoreV2Async(SandboxRestoreV2Request request, RpcContext context)
    {
        Unsupported.Refuse((request.WorkerId.Length > 0, "the choice of a worker"));
        var sandbox = await RestoreAsync(context, SandboxBackend.V2, request.SnapshotId, request.SandboxNameOverrideType, request.SandboxNameOverride).ConfigureAwait(false);
        return new SandboxRestoreV2Response
        {
            SandboxId = sandbox.Id,
            TaskId = sandbox.TaskId,
            Metadata = SandboxService.Metadata(sandbox),
            CommandRouterAccess = sandboxes.GetAccess(sandbox, context),
            Tunnels = { TunnelService.KnownAtCreate(sandbox) },
        };
    }

    private Task<EmulatedSandbox> RestoreAsync(RpcContext context, SandboxBackend backend, string snapshotId, NameOverride nameOverride, string name)
    {
        var plan = Find(snapshotId);
        if (plan.Backend != backend)
        {
            throw RpcFailedException.InvalidArgument($"Snapshot '{snapshotId}' was made of a sandbox on the {plan.Backend} backend, to which alone it can be restored.");
        }

        return _restores.RunAsync(context, () => sandboxes.CreateAsync(plan with { Name = NameOf(plan, nameOverride, name) }));
    }

    private static string NameOf(SandboxPlan plan, NameOverride nameOverride, string name)
    {
        switch (nameOverride)
        {
            case NameOverride.Unspecified:
                return plan.Name;
            case NameOverride.None:
                return "";
            case NameOverride.String:
                ObjectNames.Check("sandbox", name);
                return name;
            default:
                throw RpcFailedException.InvalidArgument($"sandbox_name_override_type is {(int)nameOverride}, which is none of its values.");
        }
    }

    private SandboxPlan Find(string snapshotId) =>
        memory.Find(snapshotId) ?? throw RpcFailedException.NotFound($"There is no snapshot '{snapshotId}', or not any more.");
}
