using Google.Protobuf;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>A command router that starts nothing: it takes note of what is to be started, and answers at once.</summary>
internal sealed class RecordingService(RecordedSandbox sandbox)
{
    private const int PieceBytes = 1024 * 1024;

    public void Register(RpcService service)
    {
        service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", (request, _) =>
        {
            sandbox.Start(request);
            return Task.FromResult(new TaskExecStartResponse());
        });
        service.Unary<TaskExecWaitRequest, TaskExecWaitResponse>("TaskExecWait", async (request, context) =>
        {
            var command = await FindAsync(request.ExecId, context);
            if (command.ReadsInput)
            {
                await command.InputEnded.WaitAsync(context.CancellationToken);
            }

            return new TaskExecWaitResponse { Code = command.ExitCode };
        });
        service.Unary<TaskExecPollRequest, TaskExecPollResponse>(
            "TaskExecPoll", async (request, context) => new TaskExecPollResponse { Code = (await FindAsync(request.ExecId, context)).ExitCode });
        service.Unary<TaskExecStdinStatusRequest, TaskExecStdinStatusResponse>("TaskExecStdinStatus", async (request, context) =>
        {
            var (length, isClosed) = (await FindAsync(request.ExecId, context)).GetInputStatus();
            return new TaskExecStdinStatusResponse { NumBytesWritten = (ulong)length, Closed = isClosed };
        });
        service.Unary<TaskExecStdinWriteRequest, TaskExecStdinWriteResponse>("TaskExecStdinWrite", async (request, context) =>
        {
            (await FindAsync(request.ExecId, context)).WriteInput((long)request.Offset, request.Data.Span, request.Eof);
            return new TaskExecStdinWriteResponse();
        });
        service.ClientStreaming<TaskExecStdinWriteStreamRequest, TaskExecStdinWriteStreamResponse>("TaskExecStdinWriteStream", ReadInputAsync);
        service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", async (request, writer, context) =>
        {
            var command = await FindAsync(request.ExecId, context);
            var bytes = request.FileDescriptor == TaskExecStdioFileDescriptor.Stderr ? command.Error : command.Output;
            if (request.Offset > (ulong)bytes.Length)
            {
                throw RpcFailedException.InvalidArgument("The offset is beyond the output.");
            }

            for (var offset = (int)request.Offset; offset < bytes.Length; offset += PieceBytes)
            {
                var data = ByteString.CopyFrom(bytes, offset, Math.Min(PieceBytes, bytes.Length - offset));
                await writer.WriteAsync(new TaskExecStdioReadResponse { Data = data }, context.CancellationToken);
            }
        });
    }

    private async Task<TaskExecStdinWriteStreamResponse> ReadInputAsync(RpcStreamReader<TaskExecStdinWriteStreamRequest> requests, RpcContext context)
    {
        var start = (await requests.ReadAsync(context.CancellationToken))!.Start;
        var command = await FindAsync(start.ExecId, context);
        var offset = (long)start.Offset;
        while (await requests.ReadAsync(context.CancellationToken) is { } message)
        {
            command.WriteInput(offset, message.Data.Span, message.PayloadCase == TaskExecStdinWriteStreamRequest.PayloadOneofCase.End);
            offset += message.Data.Length;
        }

        return new TaskExecStdinWriteStreamResponse();
    }

    private async Task<RecordedCommand> FindAsync(string execId, RpcContext context) => sandbox.FindAsync(execId) is { } found
        ? await found.WaitAsync(context.CancellationToken)
        : throw RpcFailedException.NotFound("There is no such command.");
}
