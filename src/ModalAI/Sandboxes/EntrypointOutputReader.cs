using Grpc.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>Reads one output stream of a sandbox's own command on V2 (RPC SandboxStdioReadV2). Modal may keep the most recent part only.</summary>
internal sealed class EntrypointOutputReader(ExecCalls calls, string sandboxId, SandboxStdioFileDescriptor descriptor, ILogger logger)
    : RouterOutputReader<SandboxStdioReadV2Response>(calls.Router, Task.CompletedTask, offset: 0)
{
    protected override AsyncServerStreamingCall<SandboxStdioReadV2Response> Open(RouterSession session, CallOptions options) =>
        session.Stub.SandboxStdioReadV2(
            new SandboxStdioReadV2Request { TaskId = session.TaskId, Offset = (ulong)Offset, FileDescriptor = descriptor }, options);

    /// <summary>Only the first message of a stream counts for where it starts: the others follow it.</summary>
    protected override (ReadOnlyMemory<byte> Data, long? Start) Read(SandboxStdioReadV2Response response, bool isFirst) =>
        (response.Data.Memory, isFirst && response.Data.Length > 0 ? (long)response.StartingOffset : null);

    protected override Exception Translate(RpcException exception, CancellationToken cancellationToken) =>
        calls.Translate(exception, "SandboxStdioReadV2", cancellationToken);

    protected override void OnDropped(long bytes) => Log.OutputDropped(logger, bytes, sandboxId);
}
