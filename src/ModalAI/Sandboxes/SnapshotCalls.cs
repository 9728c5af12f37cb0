using ModalAI.Protocol;
using ModalAI.Rpc;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Sandboxes;

/// <summary>Calls on one container of a sandbox, the main one or a sidecar, that snapshot it or mount images into it.</summary>
internal sealed class SnapshotCalls(RouterCalls calls, ControlPlane controlPlane, string containerId = "")
{
    public static readonly TimeSpan MemoryTimeout = TimeSpan.FromSeconds(165);

    private const int SnapshotWaitSeconds = 55;
    private static readonly TimeSpan SnapshotWaitTimeout = TimeSpan.FromSeconds(SnapshotWaitSeconds + 15);
    private static readonly TimeSpan TaskTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromMinutes(1);

    public async Task<ModalImage> SnapshotFilesystemAsync(ModalSnapshotOptions options, CancellationToken cancellationToken)
    {
        var response = await BudgetAsync(
            "TaskSnapshotFilesystem",
            static (stub, taskId, request, options) =>
            {
                request.TaskId = taskId;
                return stub.TaskSnapshotFilesystemAsync(request, options);
            },
            new TaskSnapshotFilesystemRequest { SnapshotId = NewId(), TtlSeconds = SnapshotRules.GetSeconds(options), ContainerId = containerId },
            SnapshotRules.CheckTimeout(options.Timeout, nameof(options)),
            cancellationToken).ConfigureAwait(false);
        return ImageOf(response.ImageId, "TaskSnapshotFilesystem");
    }

    public async Task<ModalImage> SnapshotDirectoryAsync(string path, ModalDirectorySnapshotOptions options, CancellationToken cancellationToken)
    {
        var request = new TaskSnapshotDirectoryRequest
        {
            Path = SnapshotRules.GetPath(path),
            SnapshotId = NewId(),
            TtlSeconds = SnapshotRules.GetSeconds(options),
            ContainerId = containerId,
        };
        if (SnapshotRules.GetKey(options.EncryptionKey, nameof(options)) is { } key)
        {
            request.CustomerSuppliedEncryptionKey = key;
        }

        var response = await BudgetAsync(
            "TaskSnapshotDirectory",
            static (stub, taskId, request, options) =>
            {
                request.TaskId = taskId;
                return stub.TaskSnapshotDirectoryAsync(request, options);
            },
            request,
            SnapshotRules.CheckTimeout(options.Timeout, nameof(options)),
            cancellationToken).ConfigureAwait(false);
        return ImageOf(response.ImageId, "TaskSnapshotDirectory");
    }

    public Task MountAsync(string path, ModalImage? image, ModalMountOptions? options, CancellationToken cancellationToken)
    {
        var request = new TaskMountDirectoryRequest { Path = SnapshotRules.GetPath(path), ContainerId = containerId };
        if (image is not null)
        {
            request.ImageId = image.Id ?? throw new ArgumentException($"Image '{image}' is not built: mount what ModalImages.BuildAsync returns, or a snapshot.", nameof(image));
        }

        if (SnapshotRules.GetKey(options?.EncryptionKey, nameof(options)) is { } key)
        {
            request.CustomerSuppliedEncryptionKey = key;
        }

        return CallAsync(
            "TaskMountDirectory",
            static (stub, taskId, request, options) =>
            {
                request.TaskId = taskId;
                return stub.TaskMountDirectoryAsync(request, options);
            },
            request,
            cancellationToken);
    }

    public Task UnmountAsync(string path, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskUnmountDirectory",
            static (stub, taskId, request, options) =>
            {
                request.TaskId = taskId;
                return stub.TaskUnmountDirectoryAsync(request, options);
            },
            new TaskUnmountDirectoryRequest { Path = SnapshotRules.GetPath(path), ContainerId = containerId },
            cancellationToken);

    /// <summary>RPC TaskSnapshotMemory.</summary>
    public async Task<string> SnapshotMemoryV2Async(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var response = await BudgetAsync(
            "TaskSnapshotMemory",
            static (stub, taskId, key, options) => stub.TaskSnapshotMemoryAsync(new TaskSnapshotMemoryRequest { TaskId = taskId, IdempotencyKey = key }, options),
            NewId(),
            timeout,
            cancellationToken).ConfigureAwait(false);
        return response.SnapshotId.Length > 0 ? response.SnapshotId : throw Incomplete("TaskSnapshotMemory");
    }

    /// <summary>RPC SandboxSnapshot, then SandboxSnapshotWait.</summary>
    public async Task<string> SnapshotMemoryV1Async(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await calls.Router.Access.GetTaskIdAsync(TaskTimeout, throughFailures: false, cancellationToken).ConfigureAwait(false);
        var snapshot = await controlPlane.CallAsync(
            "SandboxSnapshot",
            static (stub, request, options) => stub.SandboxSnapshotAsync(request, options),
            new SandboxSnapshotRequest { SandboxId = calls.SandboxId },
            Finite(timeout),
            cancellationToken).ConfigureAwait(false);
        var response = await controlPlane.CallAsync(
            "SandboxSnapshotWait",
            static (stub, request, options) => stub.SandboxSnapshotWaitAsync(request, options),
            new SandboxSnapshotWaitRequest { SnapshotId = snapshot.SnapshotId, Timeout = SnapshotWaitSeconds },
            SnapshotWaitTimeout,
            cancellationToken).ConfigureAwait(false);
        return response.Result?.Status == GenericStatus.Success
            ? snapshot.SnapshotId
            : throw new ModalException(
                ModalErrorCode.SnapshotFailed,
                $"The snapshot {snapshot.SnapshotId} of sandbox {calls.SandboxId} failed{(response.Result is { Exception.Length: > 0 } result ? $": {result.Exception}" : ".")}");
    }

    /// <summary>A sandbox does not live longer.</summary>
    private static TimeSpan Finite(TimeSpan timeout) => timeout == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(1) : timeout;

    private static string NewId() => Guid.NewGuid().ToString();

    private ModalImage ImageOf(string imageId, string rpc) => imageId.Length > 0 ? ModalImage.FromId(imageId) : throw Incomplete(rpc);

    private ModalException Incomplete(string rpc) =>
        new(ModalErrorCode.SnapshotFailed, $"The command router of sandbox {calls.SandboxId} answered {rpc} without an id.");

    private Task<TResponse> CallAsync<TState, TResponse>(
        string rpc, CommandRouter.UnaryCall<TState, TResponse> call, TState state, CancellationToken cancellationToken) =>
        calls.CallAsync(rpc, call, state, RetryRule.Router, AttemptTimeout, RouterCalls.CallTimeout, cancellationToken);

    private Task<TResponse> BudgetAsync<TState, TResponse>(
        string rpc, CommandRouter.UnaryCall<TState, TResponse> call, TState state, TimeSpan timeout, CancellationToken cancellationToken) =>
        calls.CallAsync(rpc, call, state, RetryRule.RouterBudgeted, Finite(timeout), timeout, cancellationToken);
}
