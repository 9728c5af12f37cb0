using Microsoft.Extensions.Logging;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>Commands in one container of a sandbox, the main one or a sidecar: all that runs in it is started here.</summary>
internal sealed class SandboxCommands
{
    private readonly ModalClient _client;
    private readonly CommandRunner _runner;
    private readonly string? _environment;
    private readonly TimeSpan? _defaultTimeout;
    private readonly Action _throwIfDetached;

    /// <param name="client">The workspace.</param>
    /// <param name="exec">The container's commands at the command router.</param>
    /// <param name="sandboxId">The sandbox, for the log.</param>
    /// <param name="environment">The Modal environment that secrets are looked up in; null for the client's own.</param>
    /// <param name="defaultTimeout">Time limit of commands that name none.</param>
    /// <param name="throwIfDetached">Throws when the application has let go of the sandbox.</param>
    /// <param name="logger">Hears of commands that could not be killed.</param>
    public SandboxCommands(
        ModalClient client, ExecCalls exec, string sandboxId, string? environment, TimeSpan? defaultTimeout, Action throwIfDetached, ILogger logger)
    {
        _client = client;
        _environment = environment;
        _defaultTimeout = defaultTimeout;
        _throwIfDetached = throwIfDetached;
        Exec = exec;
        Killer = new ProcessKiller(exec, client.Background, client.TimeProvider, logger, sandboxId);
        _runner = new CommandRunner(exec, Killer, client.TimeProvider);
    }

    public ExecCalls Exec { get; }

    public ProcessKiller Killer { get; }

    public InputTurns InputTurns { get; } = new();

    public BackgroundWork Background => _client.Background;

    public void ThrowIfDetached() => _throwIfDetached();

    /// <summary>Runs a command to its end and keeps its output.</summary>
    public async Task<ModalCommandResult> ExecuteAsync(ModalCommand command, CancellationToken cancellationToken)
    {
        var (request, timeout) = await PrepareAsync(command, NewId(), cancellationToken).ConfigureAwait(false);
        return await _runner.RunAsync(request, command, timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a command under an id that nothing else has, as the plan says; the plan's time limit is the command's.</summary>
    public async Task<CommandRun> RunAsync(ModalCommand command, string execId, CommandPlan plan, CancellationToken cancellationToken)
    {
        var (request, timeout) = await PrepareAsync(command, execId, cancellationToken).ConfigureAwait(false);
        return await _runner.RunAsync(request, plan with { Timeout = timeout }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a command and returns when it runs.</summary>
    public async Task<ModalProcess> StartProcessAsync(ModalCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        var exec = await StartAsync(command, NewId(), cancellationToken).ConfigureAwait(false);
        return new ModalProcess(Exec, exec, Killer, hasOutput: !command.DiscardOutput, hasError: !command.DiscardError);
    }

    /// <summary>Starts a command under an id that nothing else has, and returns when it runs.</summary>
    public async Task<ExecHandle> StartAsync(ModalCommand command, string execId, CancellationToken cancellationToken)
    {
        if (command.StandardInput is not null)
        {
            throw new ArgumentException("A started process has an input of its own: write to that.", nameof(command));
        }

        var (request, _) = await PrepareAsync(command, execId, cancellationToken).ConfigureAwait(false);
        var exec = new ExecHandle(request.ExecId, Exec.StartAsync(request, CancellationToken.None));
        try
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            return exec;
        }
        catch (OperationCanceledException)
        {
            await Killer.KillAbandonedAsync(exec).ConfigureAwait(false);
            throw;
        }
        catch (ModalException exception) when (ProcessKiller.MayRun(exception))
        {
            Killer.KillInBackground(exec);
            throw;
        }
    }

    /// <summary>An id that nothing else has.</summary>
    public static string NewId() => Guid.NewGuid().ToString();

    /// <summary>The start of a command, and its time limit; null for none.</summary>
    private async Task<(TaskExecStartRequest Request, TimeSpan? Timeout)> PrepareAsync(ModalCommand command, string execId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        ThrowIfDetached();
        cancellationToken.ThrowIfCancellationRequested();
        CommandRequests.Validate(command);
        var variables = new Dictionary<string, string>(command.EnvironmentVariables, StringComparer.Ordinal) { [CommandRequests.MarkerVariable] = execId };
        var sources = await _client.Secrets.GetSourcesAsync(command.Secrets, variables, _environment, cancellationToken).ConfigureAwait(false);
        var timeout = command.Timeout ?? _defaultTimeout;
        timeout = timeout == Timeout.InfiniteTimeSpan ? null : timeout;
        return (CommandRequests.Create(command, execId, timeout, sources), timeout);
    }
}
