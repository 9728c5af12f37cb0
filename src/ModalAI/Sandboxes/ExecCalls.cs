using Google.Protobuf;
using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The command router's calls on commands of one container of a sandbox, their failures told as exceptions of this library.</summary>
/// <param name="sandboxId">The sandbox.</param>
/// <param name="router">Its command router.</param>
/// <param name="containerId">Where commands start; empty for the main container.</param>
internal sealed class ExecCalls(string sandboxId, CommandRouter router, string containerId = "")
{
    /// <summary>A command may take its time before it reads: as long as a sandbox lives.</summary>
    public static readonly TimeSpan InputTimeout = TimeSpan.FromDays(1);

    private static readonly string[] InputRpcs = ["TaskExecStdin", "SandboxStdinWrite"];
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WaitAttemptTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(2);

    public CommandRouter Router => router;

    /// <summary>Starts a command (RPC TaskExecStart). The router takes a repeated start of one id for the same command.</summary>
    public Task StartAsync(TaskExecStartRequest request, CancellationToken cancellationToken)
    {
        request.ContainerId = containerId;
        return CallAsync(
            "TaskExecStart",
            static (stub, taskId, request, options) =>
            {
                request.TaskId = taskId;
                return stub.TaskExecStartAsync(request, options);
            },
            request,
            cancellationToken);
    }

    /// <summary>Waits until the direct process has ended (RPC TaskExecWait).</summary>
    public async Task<int> WaitAsync(ExecHandle exec, CancellationToken cancellationToken)
    {
        var response = await AheadOfStartAsync(
            exec,
            static (self, exec, cancellationToken) => self.Router.CallAsync(
                "TaskExecWait",
                static (stub, taskId, execId, options) => stub.TaskExecWaitAsync(new TaskExecWaitRequest { TaskId = taskId, ExecId = execId }, options),
                exec.ExecId,
                RetryRule.RouterWait,
                WaitAttemptTimeout,
                Timeout.InfiniteTimeSpan,
                cancellationToken),
            "TaskExecWait",
            cancellationToken).ConfigureAwait(false);
        return response.ExitStatusCase switch
        {
            TaskExecWaitResponse.ExitStatusOneofCase.Code => response.Code,
            TaskExecWaitResponse.ExitStatusOneofCase.Signal => 128 + response.Signal,
            _ => throw new ModalException(ModalErrorCode.Internal, "Modal answered TaskExecWait with neither an exit code nor a signal."),
        };
    }

    /// <summary>The exit code, or null while the command runs (RPC TaskExecPoll).</summary>
    public async Task<int?> PollAsync(ExecHandle exec, CancellationToken cancellationToken)
    {
        var response = await CallAsync(
            "TaskExecPoll",
            static (stub, taskId, execId, options) => stub.TaskExecPollAsync(new TaskExecPollRequest { TaskId = taskId, ExecId = execId }, options),
            exec.ExecId,
            cancellationToken,
            exec).ConfigureAwait(false);
        return response.ExitStatusCase switch
        {
            TaskExecPollResponse.ExitStatusOneofCase.Code => response.Code,
            TaskExecPollResponse.ExitStatusOneofCase.Signal => 128 + response.Signal,
            _ => null,
        };
    }

    /// <summary>Writes input at an offset, or ends it (RPC TaskExecStdinWrite).</summary>
    public Task WriteInputAsync(ExecHandle exec, long offset, ByteString data, bool endOfInput, CancellationToken cancellationToken) =>
        AheadOfStartAsync(
            exec,
            (self, exec, cancellationToken) => self.Router.CallAsync(
                "TaskExecStdinWrite",
                static (stub, taskId, request, options) =>
                {
                    request.TaskId = taskId;
                    return stub.TaskExecStdinWriteAsync(request, options);
                },
                new TaskExecStdinWriteRequest { ExecId = exec.ExecId, Offset = (ulong)offset, Data = data, Eof = endOfInput },
                RetryRule.Router,
                InputTimeout,
                Timeout.InfiniteTimeSpan,
                cancellationToken),
            "TaskExecStdinWrite",
            cancellationToken);

    /// <summary>How much input the router has taken (RPC TaskExecStdinStatus). Ends an input stream of this command that is still open.</summary>
    public Task<TaskExecStdinStatusResponse> GetInputStatusAsync(ExecHandle exec, CancellationToken cancellationToken) =>
        CallAsync(
            "TaskExecStdinStatus",
            static (stub, taskId, execId, options) => stub.TaskExecStdinStatusAsync(new TaskExecStdinStatusRequest { TaskId = taskId, ExecId = execId }, options),
            exec.ExecId,
            cancellationToken,
            exec);

    /// <summary>Tells a failed call in words of this library.</summary>
    public Exception Translate(RpcException exception, string rpc, CancellationToken cancellationToken, ExecHandle? exec = null) =>
        exception.StatusCode switch
        {
            _ when cancellationToken.IsCancellationRequested => new OperationCanceledException($"{rpc} was cancelled.", exception, cancellationToken),
            StatusCode.NotFound when exec is { IsAttached: true } => new ModalException(
                ModalErrorCode.NotFound, $"Sandbox {sandboxId} knows no command '{exec.ExecId}', or not any more: {exception.Status.Detail}", exception),
            StatusCode.FailedPrecondition or StatusCode.Aborted when InputRpcs.Any(input => rpc.StartsWith(input, StringComparison.Ordinal)) =>
                new ModalException(ModalErrorCode.Conflict, $"The command takes no more input: {exception.Status.Detail}", exception),
            StatusCode.NotFound or StatusCode.FailedPrecondition => ModalErrors.ContainerEnded(sandboxId, containerId, rpc, exception),
            _ => ModalErrors.FromRouter(exception, rpc, sandboxId),
        };

    private async Task<TResponse> CallAsync<TState, TResponse>(
        string rpc, CommandRouter.UnaryCall<TState, TResponse> call, TState state, CancellationToken cancellationToken, ExecHandle? exec = null)
    {
        try
        {
            return await router.CallAsync(rpc, call, state, RetryRule.Router, AttemptTimeout, CallTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw Translate(exception, rpc, cancellationToken, exec);
        }
    }

    /// <summary>Makes a call that may overtake the start; where the router knows no such command yet, it is made again after the start.</summary>
    private async Task<TResponse> AheadOfStartAsync<TResponse>(
        ExecHandle exec, Func<ExecCalls, ExecHandle, CancellationToken, Task<TResponse>> call, string rpc, CancellationToken cancellationToken)
    {
        var ahead = !exec.Started.IsCompleted;
        try
        {
            try
            {
                return await call(this, exec, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException exception) when (ahead && exception.StatusCode == StatusCode.NotFound)
            {
                await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
                return await call(this, exec, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RpcException exception)
        {
            throw Translate(exception, rpc, cancellationToken, exec);
        }
    }
}
