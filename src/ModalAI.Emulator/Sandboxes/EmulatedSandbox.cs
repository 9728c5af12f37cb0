using System.Text;
using System.Text.Json;
using ModalAI.Emulator.FileSystem;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>A sandbox from its creation to its end: what runs in it, when it ends, and how it ended.</summary>
internal sealed partial class EmulatedSandbox
{
    /// <summary>The entrypoint's name in the ledger; clients choose UUIDs for execs, so it meets none of theirs.</summary>
    private const string EntrypointId = "entrypoint";

    /// <summary>What stands in the sandbox for an operation that runs outside of it. It does nothing until it is killed.</summary>
    private static readonly string[] StandIn = ["sleep", "86400"];

    private const int TimedOutCode = 124;
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    private readonly SandboxServices _services;
    private readonly IsolatedSandbox _isolated;
    private readonly FileSystemTools _fileTools;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<GenericResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _lifetime;
    private readonly IdleClock? _idle;
    private GenericResult? _end;

    private EmulatedSandbox(
        string id, string taskId, double createdAt, SandboxPlan plan, IsolatedSandbox isolated, FileSystemTools fileTools, SandboxServices services)
    {
        Id = id;
        TaskId = taskId;
        CreatedAt = createdAt;
        Plan = plan;
        Tags = plan.Tags;
        Execs = new ExecTable(taskId, services.HoldForStart);
        _isolated = isolated;
        _services = services;
        _fileTools = fileTools;
        _lifetime = services.Time.CreateTimer(
            _ => End(GenericStatus.Timeout, TimedOutCode, $"The sandbox reached its timeout of {plan.Timeout.TotalSeconds:0} seconds."),
            null,
            plan.Timeout,
            Timeout.InfiniteTimeSpan);
        _idle = plan.IdleTimeout is { } limit
            ? new IdleClock(
                limit, () => End(GenericStatus.IdleTimeout, ExecExit.Killed.Code, $"The sandbox was idle for {limit.TotalSeconds:0} seconds."), services.Time)
            : null;
    }

    public string Id { get; }

    public string TaskId { get; }

    /// <summary>Unix seconds, different for every sandbox of an emulator.</summary>
    public double CreatedAt { get; }

    public double? FinishedAt { get; private set; }

    public SandboxPlan Plan { get; }

    public IReadOnlyList<SandboxTag> Tags { get; set; }

    public ExecTable Execs { get; }

    /// <summary>Null where the sandbox has none and idles until its timeout.</summary>
    public SandboxExec? Entrypoint { get; private set; }

    /// <summary>False as soon as the end has begun.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return _end is null;
            }
        }
    }

    /// <summary>How the sandbox ended; ends when nothing of it runs any more.</summary>
    public Task<GenericResult> Ended => _ended.Task;

    /// <summary>Null while it runs.</summary>
    public GenericResult? Result => Ended.IsCompletedSuccessfully ? Ended.Result : null;

    /// <summary>Creates the sandbox and starts its entrypoint, if it has one.</summary>
    public static async Task<EmulatedSandbox> StartAsync(
        string id, string taskId, double createdAt, SandboxPlan plan, SandboxHost host, SandboxServices services, CancellationToken cancellationToken)
    {
        var spec = new SandboxSpec
        {
            Id = id,
            RootFileSystem = plan.RootFileSystem,
            Volumes = [.. plan.Volumes.Select(volume => volume.Bind)],
            BlockNetwork = plan.BlockNetwork,
        };
        var isolated = await host.CreateAsync(spec, cancellationToken).ConfigureAwait(false);
        var fileTools = new FileSystemTools($"/proc/{isolated.InitProcessId}/root", isolated.RootOwner);
        var sandbox = new EmulatedSandbox(id, taskId, createdAt, plan, isolated, fileTools, services);
        services.Ledger.SandboxStarted(id);
        try
        {
            await sandbox.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            sandbox.End(GenericStatus.InitFailure, ExecExit.Killed.Code, "The sandbox could not be started.");
            await sandbox.Ended.ConfigureAwait(false);
            throw;
        }

        return sandbox;
    }

    /// <summary>Starts a command, once for each id.</summary>
    public Task ExecAsync(ExecRequest request, CancellationToken cancellationToken)
        => Execs.StartAsync(request.Id, () => Start(request), cancellationToken);

    /// <summary>Ends the sandbox; only the first call counts. Returns before everything in it is gone: <see cref="Ended"/> tells.</summary>
    public void End(GenericStatus status, int exitCode, string reason)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            _end = new GenericResult { Status = status, Exitcode = exitCode, Exception = reason };
        }

        _ = Task.Run(EndAsync);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _ = EndWithIsolationAsync();
        CheckVolumes();
        if (Plan.WorkingDirectory != "/")
        {
            await MakeWorkingDirectoryAsync(cancellationToken).ConfigureAwait(false);
        }

        if (Plan.Definition.EntrypointArgs.Count > 0)
        {
            Entrypoint = Start(new ExecRequest
            {
                Id = EntrypointId,
                Arguments = Plan.Definition.EntrypointArgs,
                Environment = new Dictionary<string, string>(),
                Terminal = Plan.Terminal,
            });
            _ = EndWithEntrypointAsync(Entrypoint);
        }
    }

    /// <summary>Another sandbox may have put a link in the place of a directory just before it was mounted; nothing has run in this one yet.</summary>
    private void CheckVolumes()
    {
        foreach (var (bind, identity) in Plan.Volumes)
        {
            if (identity is not null && FolderIdentity.OfSandbox(_isolated.InitProcessId, bind.MountPath) != identity)
            {
                throw RpcFailedException.FailedPrecondition($"The volume's sub path for '{bind.MountPath}' was replaced while it was mounted; try again.");
            }
        }
    }

    /// <summary>Images usually bring their working directory along; the computer's own file system does not, so it is made.</summary>
    private async Task MakeWorkingDirectoryAsync(CancellationToken cancellationToken)
    {
        var argument = JsonSerializer.Serialize(new { MakeDirectory = new { path = Plan.WorkingDirectory, parents = true } });
        using var error = new MemoryStream();
        if (await _fileTools.RunAsync(argument, Stream.Null, Stream.Null, error, cancellationToken).ConfigureAwait(false) != 0)
        {
            throw RpcFailedException.FailedPrecondition(
                $"The working directory '{Plan.WorkingDirectory}' could not be made: {Encoding.UTF8.GetString(error.ToArray()).Trim()}");
        }
    }

    private SandboxExec Start(ExecRequest request)
    {
        if (!IsRunning)
        {
            throw RpcFailedException.NotFound($"Sandbox {Id} has ended; nothing runs in it any more.");
        }

        var output = request.KeepOutput ? _services.Spools.Open() : null;
        var error = request is { KeepError: true, MergeErrorIntoOutput: false } ? _services.Spools.Open() : null;
        var input = new StandardInput();
        var exec = new SandboxExec(
            request.Id, input, output, error, kill => StartBody(request, input, output, error, kill), request.Timeout, _services.Time);
        _services.Ledger.ProcessStarted(Id, request.Id);
        _ = FollowAsync(exec, isCommand: request.Id != EntrypointId);

        // The end may have begun meanwhile, and have missed this command.
        if (!IsRunning)
        {
            exec.Kill();
        }

        return exec;
    }

    private IExecBody StartBody(ExecRequest request, StandardInput input, OutputSpool? output, OutputSpool? error, CancellationToken kill)
    {
        if (request.Arguments[0] == FileSystemTools.ProgramPath)
        {
            return request.Arguments.Count == 2
                ? new FileToolsBody(_fileTools, request.Arguments[1], () => StartProcess(request with { Arguments = StandIn }), input.Reader, output, error, kill)
                : throw RpcFailedException.InvalidArgument($"{FileSystemTools.ProgramPath} takes one argument; it was given {request.Arguments.Count - 1}.");
        }

        return new ProcessBody(StartProcess(request), input.Reader, output, error, kill);
    }

    private IsolatedProcess StartProcess(ExecRequest request)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["MODAL_SANDBOX_ID"] = Id, ["MODAL_TASK_ID"] = TaskId };
        foreach (var (key, value) in (request.Terminal?.Environment ?? []).Concat(Plan.Environment).Concat(request.Environment))
        {
            environment[key] = value;
        }

        return _isolated.Start(new ProcessSpec
        {
            Arguments = request.Arguments,
            Environment = environment,
            WorkingDirectory = request.WorkingDirectory ?? Plan.WorkingDirectory,
            MergeErrorIntoOutput = request.MergeErrorIntoOutput,
            Terminal = request.Terminal?.Size,
        });
    }

    private async Task FollowAsync(SandboxExec exec, bool isCommand)
    {
        if (isCommand)
        {
            _idle?.Enter();
        }

        await exec.Exit.ConfigureAwait(false);
        if (isCommand)
        {
            _idle?.Leave();
        }

        await exec.Drained.ConfigureAwait(false);
        _services.Ledger.ProcessEnded(Id, exec.Id);
        _services.Retention.Keep(Execs, exec);
    }

    private async Task EndWithEntrypointAsync(SandboxExec entrypoint)
    {
        var exit = await entrypoint.Exit.ConfigureAwait(false);
        var status = exit.Code == 0 ? GenericStatus.Success : GenericStatus.Failure;
        End(status, exit.Code, exit.Code == 0 ? "" : $"The sandbox's command exited with code {exit.Code}.");
    }

    private async Task EndWithIsolationAsync()
    {
        await _isolated.Exited.ConfigureAwait(false);
        End(GenericStatus.InternalFailure, ExecExit.Killed.Code, "The sandbox's first process was ended from outside.");
    }

    private async Task EndAsync()
    {
        await _lifetime.DisposeAsync().ConfigureAwait(false);
        _idle?.Dispose();
        try
        {
            IEnumerable<SandboxExec> started = Entrypoint is null ? Execs.Started : [.. Execs.Started, Entrypoint];
            SandboxExec[] running = [.. started.Where(exec => !exec.Drained.IsCompleted)];
            foreach (var exec in running)
            {
                exec.Kill();
            }

            await _isolated.DisposeAsync().ConfigureAwait(false);
            await Task.WhenAll(running.Select(exec => exec.Drained)).WaitAsync(DrainLimit).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whoever waits for the end is told all the same.
            Log.SandboxNotEnded(_services.Logger, e, Id);
        }

        _fileTools.Dispose();
        FinishedAt = _services.Time.UnixSeconds();
        _services.Ledger.SandboxEnded(Id);
        _ended.SetResult(_end!);
    }
}
