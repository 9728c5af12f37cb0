using System.Diagnostics.CodeAnalysis;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>A sidecar: a container beside a sandbox's main one, with files and processes of its own on the sandbox's network. Thread-safe. Modal may change this.</summary>
[Experimental("MODALAI002")]
public sealed partial class ModalSidecar
{
    private readonly ModalSandbox _sandbox;
    private readonly ContainerCalls _calls;
    private readonly SandboxCommands _commands;
    private readonly SnapshotCalls _snapshots;
    private volatile ModalSandboxExit? _exit;

    internal ModalSidecar(ModalSandbox sandbox, ContainerCalls calls, string id, string name, ModalSandboxExit? exit)
    {
        _sandbox = sandbox;
        _calls = calls;
        _exit = exit;
        _commands = sandbox.CommandsIn(id);
        _snapshots = sandbox.SnapshotsIn(id);
        Id = id;
        Name = name;
        Files = new ModalSandboxFiles(_commands);
    }

    /// <summary>Its id (<c>ctr-…</c>).</summary>
    public string Id { get; }

    /// <summary>Its name in the sandbox.</summary>
    public string Name { get; }

    /// <summary>Its files.</summary>
    public ModalSandboxFiles Files { get; }

    /// <summary>Runs a command line in the sidecar's shell (<c>/bin/sh -c</c>) to its end.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="cancellationToken">Kills the command, with all that it has started, and throws.</param>
    /// <returns>Its exit code and output. An exit code other than zero is no exception.</returns>
    /// <exception cref="ModalException">The sidecar has ended, or Modal can't be reached.</exception>
    public Task<ModalCommandResult> ExecuteAsync(string commandLine, CancellationToken cancellationToken = default) =>
        ExecuteAsync(ModalCommand.Shell(commandLine), cancellationToken);

    /// <summary>Runs a command to its end and keeps its output, as <see cref="ModalSandbox.ExecuteAsync(ModalCommand, CancellationToken)"/> does.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Kills the command, with all that it has started, and throws.</param>
    /// <returns>Its exit code and output. An exit code other than zero is no exception.</returns>
    /// <exception cref="ModalException">The command is invalid, the sidecar has ended, or Modal can't be reached.</exception>
    public Task<ModalCommandResult> ExecuteAsync(ModalCommand command, CancellationToken cancellationToken = default) =>
        _commands.ExecuteAsync(command, cancellationToken);

    /// <summary>Starts a command and returns when it runs (RPC TaskExecStart). Its input stays open until its stream is disposed of.</summary>
    /// <param name="command">The command; its <see cref="ModalCommand.StandardInput"/> must be null.</param>
    /// <param name="cancellationToken">Gives up starting; a command that was started all the same is killed.</param>
    /// <exception cref="ModalException">The command is invalid, the sidecar has ended, or Modal can't be reached.</exception>
    public Task<ModalProcess> StartProcessAsync(ModalCommand command, CancellationToken cancellationToken = default) =>
        _commands.StartProcessAsync(command, cancellationToken);

    /// <summary>Asks how it ended (RPC TaskContainerWait).</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Null while it runs.</returns>
    public async Task<ModalSandboxExit?> PollAsync(CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        return _exit ??= await _calls.WaitAsync(Id, longPoll: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until it has ended (RPC TaskContainerWait).</summary>
    /// <param name="cancellationToken">Stops waiting; the sidecar goes on.</param>
    public async Task<ModalSandboxExit> WaitAsync(CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        while (true)
        {
            if ((_exit ??= await _calls.WaitAsync(Id, longPoll: true, cancellationToken).ConfigureAwait(false)) is { } exit)
            {
                return exit;
            }
        }
    }

    /// <summary>Waits until it has ended, for at most so long (RPC TaskContainerWait).</summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Stops waiting; the sidecar goes on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero.</exception>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Timeout"/>: it still runs; it goes on.</exception>
    public Task<ModalSandboxExit> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        TimeLimit.RunAsync(WaitAsync, timeout, _sandbox.Client.TimeProvider, $"Sidecar '{Name}' of sandbox {_sandbox.Id} did not end", cancellationToken);

    /// <summary>
    /// Ends it with all that runs in it (RPC TaskContainerTerminate). Returns when Modal has taken note, before all is shut down; does nothing to one that has ended.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task TerminateAsync(CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        return _calls.TerminateAsync(Id, cancellationToken);
    }

    /// <summary>Ends it as <see cref="TerminateAsync"/> does, and waits for its end.</summary>
    /// <param name="timeout">How long to wait for the end; null for <see cref="ModalClientOptions.TerminateTimeout"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How it ended: an earlier end stays what it was.</returns>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Timeout"/>: the end was not reported in time; Modal goes on with it.</exception>
    public async Task<ModalSandboxExit> TerminateAndWaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        await TerminateAsync(cancellationToken).ConfigureAwait(false);
        return await WaitAsync(timeout ?? _sandbox.Client.Options.TerminateTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Its id: nothing else of it belongs into a log.</summary>
    public override string ToString() => Id;
}
