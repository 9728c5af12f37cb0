using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>A sandbox from its creation to its end: what runs in it, when it ends, and how it ended.</summary>
internal sealed partial class EmulatedSandbox
{
    /// <summary>The entrypoint's name in the ledger; clients choose UUIDs for execs, so it meets none of theirs.</summary>
    private const string EntrypointId = "entrypoint";

    private const int TimedOutCode = 124;
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    private readonly SandboxServices _services;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<GenericResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _lifetime;
    private readonly IdleClock? _idle;
    private GenericResult? _end;

    private EmulatedSandbox(
        string id, string taskId, double createdAt, SandboxPlan plan, SandboxContainer main, bool isGuarded, SandboxServices services)
    {
        Id = id;
        TaskId = taskId;
        CreatedAt = createdAt;
        Plan = plan;
        Name = plan.Name;
        Tags = plan.Tags;
        Execs = new ExecTable(taskId, services.HoldForStart);
        Log = new SandboxLog(services.Spools, services.Time);
        Main = main;
        _isGuarded = isGuarded;
        _services = services;
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

    /// <summary>Empty for none. Set by the registry, which keeps names apart.</summary>
    public string Name { get; set; }

    public IReadOnlyList<SandboxTag> Tags { get; set; }

    public ExecTable Execs { get; }

    /// <summary>What its own command and those of its sidecars print.</summary>
    public SandboxLog Log { get; }

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
        var isGuarded = await IsGuardedAsync(plan, services).ConfigureAwait(false);
        var spec = new SandboxSpec
        {
            Id = id,
            RootFileSystem = plan.RootFileSystem,
            Layers = plan.Layers,
            Volumes = [.. plan.Volumes.Select(volume => volume.Bind)],
            BlockNetwork = plan.Network.Kind is NetworkKind.Blocked or NetworkKind.Guarded,
            GuardNetwork = isGuarded,
        };
        var isolated = await host.CreateAsync(spec, cancellationToken).ConfigureAwait(false);
        var main = new SandboxContainer(ModalIds.NewContainer(), (id, taskId), plan.Main, isolated);
        var sandbox = new EmulatedSandbox(id, taskId, createdAt, plan, main, isGuarded, services);
        services.Ledger.SandboxStarted(id, plan);
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
        await Main.PrepareAsync(cancellationToken).ConfigureAwait(false);
        await OpenNetworkAsync(cancellationToken).ConfigureAwait(false);
        if (Main.Plan.Command.Count > 0)
        {
            Entrypoint = Start(new ExecRequest
            {
                Id = EntrypointId,
                IsEntrypoint = true,
                Arguments = Main.Plan.Command,
                Environment = new Dictionary<string, string>(),
                Terminal = Main.Plan.Terminal,
            });
            _ = EndWithEntrypointAsync(Entrypoint);
        }

        StartReadinessProbe();
    }

    private SandboxExec Start(ExecRequest request)
    {
        if (!IsRunning)
        {
            throw RpcFailedException.NotFound($"Sandbox {Id} has ended; nothing runs in it any more.");
        }

        var container = FindContainer(request.ContainerId);
        var output = request.KeepOutput ? OpenSpool(request, container, FileDescriptor.Stdout) : null;
        var error = request is { KeepError: true, MergeErrorIntoOutput: false } ? OpenSpool(request, container, FileDescriptor.Stderr) : null;
        var input = new StandardInput();
        var exec = new SandboxExec(
            request.Id, container, input, output, error, kill => container.StartBody(request, input, output, error, kill), request.Timeout, _services.Time);
        _services.Ledger.ProcessStarted(Id, request.Id, request.Arguments[0]);
        _ = FollowAsync(exec, isCommand: !request.IsEntrypoint);

        // The end may have begun meanwhile, and have missed this command.
        if (!IsRunning || !IsAlive(container))
        {
            exec.Kill();
        }

        return exec;
    }

    /// <summary>Only what a container's own command prints goes into the log.</summary>
    private OutputSpool OpenSpool(ExecRequest request, SandboxContainer container, FileDescriptor source)
        => request.IsEntrypoint ? Log.Open(source, container == Main ? "" : container.Id, container.Plan.Name) : _services.Spools.Open();

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
        _services.Ledger.ProcessEnded(Id, exec.Id, exec.Exit.Result.Code);
        _services.Retention.Keep(Execs, exec);
    }

    private async Task EndWithEntrypointAsync(SandboxExec entrypoint)
    {
        var exit = await entrypoint.Exit.ConfigureAwait(false);
        var end = EndOf(exit, "sandbox");
        End(end.Status, end.Exitcode, end.Exception);
    }

    private static GenericResult EndOf(ExecExit exit, string what) => new()
    {
        Status = exit.Code == 0 ? GenericStatus.Success : GenericStatus.Failure,
        Exitcode = exit.Code,
        Exception = exit.Code == 0 ? "" : $"The {what}'s command exited with code {exit.Code}.",
    };

    private async Task EndWithIsolationAsync()
    {
        await Main.Isolated.Exited.ConfigureAwait(false);
        End(GenericStatus.InternalFailure, ExecExit.Killed.Code, "The sandbox's first process was ended from outside.");
    }

    private async Task EndAsync()
    {
        await _lifetime.DisposeAsync().ConfigureAwait(false);
        _idle?.Dispose();
        await CloseNetworkAsync().ConfigureAwait(false);
        await Task.WhenAll(EndSidecarsAsync(), EndContainerAsync(Main, Entrypoint)).ConfigureAwait(false);
        Log.Complete();
        FinishedAt = _services.Time.UnixSeconds();
        _services.Ledger.SandboxEnded(Id, _end!);
        _ended.SetResult(_end!);
    }
}
