using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Router;

/// <summary>Commands: start, look at, wait for.</summary>
internal sealed class ExecService(RouterTasks tasks, SecretService secrets)
{
    public void Register(RpcService service)
    {
        service.Unary("TaskExecStart", (TaskExecStartRequest request, RpcContext context) => StartAsync(request, context));
        service.Unary("TaskExecPoll", (TaskExecPollRequest request, RpcContext context) => PollAsync(request, context));
        service.Unary("TaskExecWait", (TaskExecWaitRequest request, RpcContext context) => WaitAsync(request, context));
    }

    private static void Check(TaskExecStartRequest request)
    {
        if (request.ExecId.Length == 0)
        {
            throw RpcFailedException.InvalidArgument("The request has no exec id.");
        }

        if (request.CommandArgs.Count == 0 || request.CommandArgs[0].Length == 0)
        {
            throw RpcFailedException.InvalidArgument("The command is empty: give a program and its arguments.");
        }

        CommandRules.Check(request.CommandArgs);
        if (request is { HasWorkdir: true } && !request.Workdir.StartsWith('/'))
        {
            throw RpcFailedException.InvalidArgument($"The working directory '{request.Workdir}' is not an absolute path.");
        }

        Unsupported.RefuseUnknownFields(request);
        Unsupported.Refuse(
            (request.RuntimeDebug, "debugging of the runtime"));
    }

    private static async Task<TaskExecStartResponse> StartAsync(EmulatedSandbox sandbox, ExecRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await sandbox.ExecAsync(request, cancellationToken).ConfigureAwait(false);
            return new TaskExecStartResponse();
        }
        catch (ProcessStartException e)
        {
            throw e.Failure switch
            {
                ProcessStartFailure.SandboxGone => RpcFailedException.NotFound(e.Message),
                ProcessStartFailure.WorkingDirectory or ProcessStartFailure.InvalidArguments => RpcFailedException.InvalidArgument(e.Message),
                _ => new RpcFailedException(RpcStatusCode.ResourceExhausted, e.Message),
            };
        }
    }

    private async Task<TaskExecStartResponse> StartAsync(TaskExecStartRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        Check(request);
        var start = new ExecRequest
        {
            Id = request.ExecId,
            ContainerId = request.ContainerId,
            Arguments = request.CommandArgs,
            Environment = ReadEnvironment(request),
            WorkingDirectory = request.HasWorkdir ? request.Workdir : null,
            Timeout = request is { HasTimeoutSecs: true, TimeoutSecs: > 0 } ? TimeSpan.FromSeconds(request.TimeoutSecs) : null,
            KeepOutput = request.StdoutConfig == TaskExecStdoutConfig.Pipe,
            KeepError = request.StderrConfig == TaskExecStderrConfig.Pipe,
            MergeErrorIntoOutput = request.StderrConfig == TaskExecStderrConfig.Stdout,
            Terminal = Terminals.Read(request.PtyInfo),
        };
        return await StartAsync(sandbox, start, context.CancellationToken).ConfigureAwait(false);
    }

    private async Task<TaskExecPollResponse> PollAsync(TaskExecPollRequest request, RpcContext context)
    {
        var exec = await tasks.FindExecAsync(context, request.TaskId, request.ExecId, hold: false).ConfigureAwait(false);
        if (!exec.Exit.IsCompletedSuccessfully)
        {
            return new TaskExecPollResponse();
        }

        var exit = exec.Exit.Result;
        return exit.Signal is { } signal ? new TaskExecPollResponse { Signal = signal } : new TaskExecPollResponse { Code = exit.Code };
    }

    private async Task<TaskExecWaitResponse> WaitAsync(TaskExecWaitRequest request, RpcContext context)
    {
        var exec = await tasks.FindExecAsync(context, request.TaskId, request.ExecId, hold: true).ConfigureAwait(false);
        var exit = await exec.Exit.WaitAsync(context.CancellationToken).ConfigureAwait(false);
        return exit.Signal is { } signal ? new TaskExecWaitResponse { Signal = signal } : new TaskExecWaitResponse { Code = exit.Code };
    }

    /// <summary>Either the ordered sources, or the fields that came before them.</summary>
    private Dictionary<string, string> ReadEnvironment(TaskExecStartRequest request)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (request.SecretSources.Count == 0)
        {
            secrets.AddTo(environment, request.SecretIds);
            SecretService.AddTo(environment, request.Env);
            return environment;
        }

        if (request.SecretIds.Count > 0 || request.Env.Count > 0)
        {
            throw RpcFailedException.InvalidArgument("secret_sources cannot be combined with secret_ids or env.");
        }

        secrets.AddTo(environment, request.SecretSources);
        return environment;
    }
}
