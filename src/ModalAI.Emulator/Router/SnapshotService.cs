using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Router;

/// <summary>Snapshots of a running task's files, and images that are mounted into it.</summary>
internal sealed class SnapshotService(RouterTasks tasks, ImageService images, SnapshotStore snapshots, MemorySnapshots memory, Acceptance acceptance, CancellationToken stopping)
{
    private const int MinKeyLength = 16;
    private const int MaxKeyLength = 512;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IdempotentCreates<string> _made = new();

    public void Register(RpcService service)
    {
        service.Unary("TaskSnapshotFilesystem", (TaskSnapshotFilesystemRequest request, RpcContext context) => SnapshotFilesystemAsync(request, context));
        service.Unary("TaskSnapshotDirectory", (TaskSnapshotDirectoryRequest request, RpcContext context) => SnapshotDirectoryAsync(request, context));
        service.Unary("TaskSnapshotMemory", (TaskSnapshotMemoryRequest request, RpcContext context) => SnapshotMemoryAsync(request, context));
        service.Unary("TaskMountDirectory", (TaskMountDirectoryRequest request, RpcContext context) => MountAsync(request, context));
        service.Unary("TaskUnmountDirectory", (TaskUnmountDirectoryRequest request, RpcContext context) => UnmountAsync(request, context));
    }

    private async Task<TaskSnapshotFilesystemResponse> SnapshotFilesystemAsync(TaskSnapshotFilesystemRequest request, RpcContext context)
    {
        var (sandbox, container) = Find(context, request.TaskId, request.ContainerId);
        Unsupported.Refuse((request.HasCustomerSuppliedEncryptionKey, "encryption keys of snapshots of a whole file system"));
        var life = request.HasTtlSeconds
            ? ReadLife(request.TtlSeconds)
            : throw RpcFailedException.InvalidArgument("ttl_seconds must be set: a number of seconds, or -1 for no end.");
        var imageId = await OnceAsync(
            context,
            request.TaskId,
            request.SnapshotId,
            () => sandbox.SnapshotAsync(container, content => snapshots.Add(content, life), stopping)).ConfigureAwait(false);
        return new TaskSnapshotFilesystemResponse { ImageId = imageId };
    }

    private async Task<TaskSnapshotDirectoryResponse> SnapshotDirectoryAsync(TaskSnapshotDirectoryRequest request, RpcContext context)
    {
        var (sandbox, container) = Find(context, request.TaskId, request.ContainerId);
        var path = ReadPath(request.Path);
        var key = ReadKey(request.HasCustomerSuppliedEncryptionKey, request.CustomerSuppliedEncryptionKey);
        var life = request.HasTtlSeconds ? ReadLife(request.TtlSeconds) : SnapshotLife.Rolling;
        var imageId = await OnceAsync(
            context,
            request.TaskId,
            request.SnapshotId,
            () => sandbox.SnapshotDirectoryAsync(container, path, content => snapshots.Add(content, life, key), stopping)).ConfigureAwait(false);
        return new TaskSnapshotDirectoryResponse { ImageId = imageId };
    }

    private async Task<TaskSnapshotMemoryResponse> SnapshotMemoryAsync(TaskSnapshotMemoryRequest request, RpcContext context)
    {
        var (sandbox, container) = Find(context, request.TaskId, "");
        SnapshotRules.CheckMemory(sandbox);
        var snapshotId = await OnceAsync(
            context,
            request.TaskId,
            request.IdempotencyKey,
            () => sandbox.SnapshotAsync(container, content => memory.Add(sandbox.Plan, content), stopping)).ConfigureAwait(false);

        // As on Modal, where the container's memory has gone into the snapshot.
        sandbox.End(GenericStatus.Terminated, ExecExit.Killed.Code, "The sandbox was ended by a snapshot of its memory.");
        return new TaskSnapshotMemoryResponse { SnapshotId = snapshotId };
    }

    private async Task<Empty> MountAsync(TaskMountDirectoryRequest request, RpcContext context)
    {
        var (_, container) = Find(context, request.TaskId, request.ContainerId);
        var path = ReadPath(request.Path);
        var key = ReadKey(request.HasCustomerSuppliedEncryptionKey, request.CustomerSuppliedEncryptionKey);
        var content = request.ImageId.Length == 0 ? null : images.FindContent(request.ImageId, key);
        await container.MountAsync(path, content, stopping).ConfigureAwait(false);
        return new Empty();
    }

    private async Task<Empty> UnmountAsync(TaskUnmountDirectoryRequest request, RpcContext context)
    {
        var (_, container) = Find(context, request.TaskId, request.ContainerId);
        await container.UnmountAsync(ReadPath(request.Path), stopping).ConfigureAwait(false);
        return new Empty();
    }

    private (EmulatedSandbox Sandbox, SandboxContainer Container) Find(RpcContext context, string taskId, string containerId)
    {
        var sandbox = tasks.Find(context, taskId);
        return sandbox.IsRunning
            ? (sandbox, sandbox.FindContainer(containerId))
            : throw RpcFailedException.NotFound($"Sandbox {sandbox.Id} has ended; its files are gone.");
    }

    /// <summary>A client that lost the reply asks for the same snapshot again, and gets the one that was made.</summary>
    private Task<string> OnceAsync(RpcContext context, string taskId, string snapshotId, Func<Task<string>> make) =>
        Guid.TryParse(snapshotId, out _)
            ? _made.RunAsync($"{context.Rpc}/{taskId}/{snapshotId}", make, context.CancellationToken)
            : throw RpcFailedException.InvalidArgument($"The snapshot's id '{snapshotId}' is not a UUID, which the client chooses.");

    private static SnapshotLife ReadLife(long seconds) => seconds switch
    {
        -1 => new SnapshotLife(null),
        > 0 => new SnapshotLife(TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(100_000).Ticks / TimeSpan.TicksPerSecond))),
        _ => throw RpcFailedException.InvalidArgument($"ttl_seconds is {seconds}: it must be a number of seconds above zero, or -1 for no end."),
    };

    private static string ReadPath(ByteString bytes)
    {
        string path;
        try
        {
            path = StrictUtf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            throw RpcFailedException.InvalidArgument("The path is not UTF-8.");
        }

        return path.StartsWith('/') && !path.Contains('\0')
            ? path
            : throw RpcFailedException.InvalidArgument($"The path '{path}' is not absolute, such as /data.");
    }

    private ReadOnlyMemory<byte>? ReadKey(bool isSet, ByteString key)
    {
        if (!isSet)
        {
            return null;
        }

        if (key.Length is < MinKeyLength or > MaxKeyLength)
        {
            throw RpcFailedException.InvalidArgument($"The encryption key has {key.Length} bytes: it must have {MinKeyLength} to {MaxKeyLength}.");
        }

        acceptance.Check(ModalEmulatorAcceptance.EncryptionKeys, isSet: true, "encryption keys of snapshots");
        return key.Memory;
    }
}
