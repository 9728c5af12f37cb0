using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The streams of a sandbox's own command: with the command router on V2, with the control plane on V1.</summary>
internal sealed class EntrypointCalls(string sandboxId, bool isV2, ExecCalls exec, ControlPlane controlPlane, TimeProvider timeProvider, ILogger logger)
{
    public bool IsV2 => isV2;

    public Stream OpenOutput(bool isError) => new ProcessOutputStream(isV2
        ? new EntrypointOutputReader(exec, sandboxId, isError ? SandboxStdioFileDescriptor.Stderr : SandboxStdioFileDescriptor.Stdout, logger)
        : new EntrypointLogReader(sandboxId, isError ? FileDescriptor.Stderr : FileDescriptor.Stdout, controlPlane, timeProvider));

    /// <summary>RPC SandboxStdinWriteV2.</summary>
    public async Task WriteInputV2Async(long offset, ByteString data, bool endOfInput, CancellationToken cancellationToken)
    {
        const string Rpc = "SandboxStdinWriteV2";
        try
        {
            await exec.Router.CallAsync(
                Rpc,
                static (stub, taskId, request, options) =>
                {
                    request.TaskId = taskId;
                    return stub.SandboxStdinWriteV2Async(request, options);
                },
                new SandboxStdinWriteV2Request { Offset = (ulong)offset, Data = data, Eof = endOfInput },
                RetryRule.Router,
                ExecCalls.InputTimeout,
                Timeout.InfiniteTimeSpan,
                cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw exec.Translate(exception, Rpc, cancellationToken);
        }
    }

    /// <summary>RPC SandboxStdinWrite.</summary>
    public Task WriteInputV1Async(uint number, ByteString data, bool endOfInput, CancellationToken cancellationToken) =>
        controlPlane.CallAsync(
            "SandboxStdinWrite",
            static (stub, request, options) => stub.SandboxStdinWriteAsync(request, options),
            new SandboxStdinWriteRequest { SandboxId = sandboxId, Input = data, Index = number, Eof = endOfInput },
            ExecCalls.InputTimeout,
            cancellationToken);
}
