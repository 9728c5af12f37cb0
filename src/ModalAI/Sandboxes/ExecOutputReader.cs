using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>Reads one output stream of a command (RPC TaskExecStdioRead).</summary>
internal sealed class ExecOutputReader(ExecCalls calls, ExecHandle exec, TaskExecStdioFileDescriptor descriptor, long offset = 0, OutputOutages? outages = null)
    : RouterOutputReader<TaskExecStdioReadResponse>(calls.Router, exec.Started, offset)
{
    /// <summary>Reads one output stream of a command to its end.</summary>
    public static async Task CaptureAsync(
        ExecCalls calls, ExecHandle exec, TaskExecStdioFileDescriptor descriptor, IOutputSink output, OutputOutages? outages, CancellationToken cancellationToken)
    {
        using var reader = new ExecOutputReader(calls, exec, descriptor, outages: outages);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } data)
        {
            output.Append(data.Span);
        }
    }

    protected override AsyncServerStreamingCall<TaskExecStdioReadResponse> Open(RouterSession session, CallOptions options) =>
        session.Stub.TaskExecStdioRead(
            new TaskExecStdioReadRequest { TaskId = session.TaskId, ExecId = exec.ExecId, Offset = (ulong)Offset, FileDescriptor = descriptor }, options);

    protected override (ReadOnlyMemory<byte> Data, long? Start) Read(TaskExecStdioReadResponse response, bool isFirst) => (response.Data.Memory, null);

    protected override void OnBroken(bool isBroken) => outages?.Note(isBroken);

    protected override Exception Translate(RpcException exception, CancellationToken cancellationToken) =>
        calls.Translate(exception, "TaskExecStdioRead", cancellationToken, exec);
}
