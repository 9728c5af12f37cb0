using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Router;

/// <summary>What commands and entrypoints print.</summary>
internal sealed class OutputService(RouterTasks tasks)
{
    public void Register(RpcService service)
    {
        service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", ReadExecAsync);
        service.ServerStreaming<SandboxStdioReadV2Request, SandboxStdioReadV2Response>("SandboxStdioReadV2", ReadEntrypointAsync);
    }

    /// <summary>Sends a stream from an offset to its end. Messages are never empty: clients take that for an error.</summary>
    private static async Task SendAsync(
        OutputSpool spool, ulong offset, Func<ByteString, long, ValueTask> sendAsync, CancellationToken cancellationToken)
    {
        using var buffer = new GrowingBuffer();
        var file = new StrongBox<SafeFileHandle?>();
        try
        {
            var position = checked((long)offset);
            while (await spool.ReadAsync(position, buffer.Memory, file, cancellationToken).ConfigureAwait(false) is var count and > 0)
            {
                // The message is written out before the buffer is filled again, so its bytes need no copy.
                await sendAsync(UnsafeByteOperations.UnsafeWrap(buffer.Memory[..count]), position).ConfigureAwait(false);
                position += count;
                _ = buffer.Grow(count);
            }
        }
        finally
        {
            file.Value?.Dispose();
        }
    }

    private async Task ReadExecAsync(TaskExecStdioReadRequest request, RpcStreamWriter<TaskExecStdioReadResponse> replies, RpcContext context)
    {
        var exec = await tasks.FindExecAsync(context, request.TaskId, request.ExecId, hold: true).ConfigureAwait(false);
        var isError = request.FileDescriptor == TaskExecStdioFileDescriptor.Stderr;
        var spool = (isError ? exec.Error : exec.Output)
            ?? throw RpcFailedException.FailedPrecondition($"Exec '{request.ExecId}' was started without a pipe for {(isError ? "stderr" : "stdout")}: there is nothing to read.");
        CheckOffset(request.Offset, spool);
        await SendAsync(
            spool, request.Offset, (data, _) => replies.WriteAsync(new TaskExecStdioReadResponse { Data = data }, context.CancellationToken), context.CancellationToken)
            .ConfigureAwait(false);
    }

    private async Task ReadEntrypointAsync(SandboxStdioReadV2Request request, RpcStreamWriter<SandboxStdioReadV2Response> replies, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        if (sandbox.Entrypoint is not { } entrypoint)
        {
            // Nothing prints, but the stream ends only with the sandbox.
            await sandbox.Ended.WaitAsync(context.CancellationToken).ConfigureAwait(false);
            return;
        }

        var spool = (request.FileDescriptor == SandboxStdioFileDescriptor.Stderr ? entrypoint.Error : entrypoint.Output)!;
        CheckOffset(request.Offset, spool);
        await SendAsync(
            spool,
            request.Offset,
            (data, position) => replies.WriteAsync(new SandboxStdioReadV2Response { Data = data, StartingOffset = (ulong)position }, context.CancellationToken),
            context.CancellationToken).ConfigureAwait(false);
    }

    /// <summary>A client resumes where it stopped, so it cannot have got further than the stream.</summary>
    private static void CheckOffset(ulong offset, OutputSpool spool)
    {
        if (offset > (ulong)spool.Length)
        {
            throw new RpcFailedException(RpcStatusCode.OutOfRange, $"The offset {offset} lies beyond the {spool.Length} bytes that were printed so far.");
        }
    }
}
