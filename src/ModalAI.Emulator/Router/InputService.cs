using System.Runtime.CompilerServices;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Router;

/// <summary>What clients write to commands and entrypoints.</summary>
internal sealed class InputService(RouterTasks tasks)
{
    public void Register(RpcService service)
    {
        service.Unary("TaskExecStdinWrite", (TaskExecStdinWriteRequest request, RpcContext context) => WriteAsync(request, context));
        service.Unary("TaskExecStdinStatus", (TaskExecStdinStatusRequest request, RpcContext context) => GetStatusAsync(request, context));
        service.ClientStreaming<TaskExecStdinWriteStreamRequest, TaskExecStdinWriteStreamResponse>("TaskExecStdinWriteStream", WriteStreamAsync);
        service.Unary("SandboxStdinWriteV2", (SandboxStdinWriteV2Request request, RpcContext context) => WriteEntrypointAsync(request, context));
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadChunksAsync(
        RpcStreamReader<TaskExecStdinWriteStreamRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await requests.ReadAsync(cancellationToken).ConfigureAwait(false)
                ?? throw RpcFailedException.InvalidArgument("The stream ended without an end message; the input stays open.");
            switch (message.PayloadCase)
            {
                case TaskExecStdinWriteStreamRequest.PayloadOneofCase.Data:
                    yield return message.Data.Memory;
                    break;
                case TaskExecStdinWriteStreamRequest.PayloadOneofCase.End:
                    yield break;
                default:
                    throw RpcFailedException.InvalidArgument("Only data and an end may follow the stream's start message.");
            }
        }
    }

    private async Task<TaskExecStdinWriteResponse> WriteAsync(TaskExecStdinWriteRequest request, RpcContext context)
    {
        var exec = await tasks.FindExecAsync(context, request.TaskId, request.ExecId, hold: true).ConfigureAwait(false);
        await exec.Input.WriteAsync(request.Offset, request.Data.Memory, request.Eof, context.CancellationToken).ConfigureAwait(false);
        return new TaskExecStdinWriteResponse();
    }

    private async Task<TaskExecStdinStatusResponse> GetStatusAsync(TaskExecStdinStatusRequest request, RpcContext context)
    {
        var exec = await tasks.FindExecAsync(context, request.TaskId, request.ExecId, hold: false).ConfigureAwait(false);
        var (accepted, isClosed) = await exec.Input.GetStatusAsync(context.CancellationToken).ConfigureAwait(false);
        return new TaskExecStdinStatusResponse { NumBytesWritten = accepted, Closed = isClosed };
    }

    private async Task<TaskExecStdinWriteStreamResponse> WriteStreamAsync(RpcStreamReader<TaskExecStdinWriteStreamRequest> requests, RpcContext context)
    {
        var first = await requests.ReadAsync(context.CancellationToken).ConfigureAwait(false);
        if (first?.PayloadCase != TaskExecStdinWriteStreamRequest.PayloadOneofCase.Start)
        {
            throw RpcFailedException.InvalidArgument("The stream's first message must be its start.");
        }

        var exec = await tasks.FindExecAsync(context, first.Start.TaskId, first.Start.ExecId, hold: true).ConfigureAwait(false);
        var chunks = ReadChunksAsync(requests, context.CancellationToken);
        await exec.Input.WriteStreamAsync(first.Start.Offset, chunks, context.CancellationToken).ConfigureAwait(false);
        return new TaskExecStdinWriteStreamResponse();
    }

    private async Task<SandboxStdinWriteV2Response> WriteEntrypointAsync(SandboxStdinWriteV2Request request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        await sandbox.WriteInputAsync(request.Offset, request.Data.Memory, request.Eof, context.CancellationToken).ConfigureAwait(false);
        return new SandboxStdinWriteV2Response();
    }
}
