using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>
/// A sandbox: a computer on Modal. Thread-safe. Disposing of this object lets go of the sandbox and leaves it running until its lifetime or idle
/// limit; <see cref="TerminateAsync"/> ends it.
/// </summary>
public sealed partial class ModalSandbox : IAsyncDisposable
{
    private readonly ModalClient _client;
    private readonly SandboxCalls _calls;
    private readonly SnapshotCalls _snapshots;
    private readonly RouterAccess _access;
    private readonly CommandRouter _router;
    private readonly RouterCalls _routerCalls;
    private readonly SandboxCommands _commands;
    private readonly ILogger _logger;
    private readonly string? _environment;
    private volatile bool _detached;

    internal ModalSandbox(ModalClient client, string id, SandboxOrigin origin)
    {
        _client = client;
        _environment = origin.Environment;
        _logger = client.LoggerFor<ModalSandbox>();
        _calls = new SandboxCalls(id, client.ControlPlane);
        _access = new RouterAccess(id, _calls.IsV2, origin.TaskId, origin.Access, client.ControlPlane, client.RouterChannels, client.TimeProvider, _logger);
        _router = new CommandRouter(_access, client.Retries, client.Warnings, client.TimeProvider);
        _routerCalls = new RouterCalls(id, _router);
        _commands = new SandboxCommands(client, new ExecCalls(id, _router), id, origin.Environment, origin.CommandTimeout, ThrowIfDetached, _logger);
        _entrypoint = new EntrypointCalls(id, _calls.IsV2, _commands.Exec, client.ControlPlane, client.TimeProvider, _logger);
        _snapshots = new SnapshotCalls(_routerCalls, client.ControlPlane);
        Id = id;
        Name = origin.Name;
        _tunnels = origin.Tunnels;
        CommandTimeout = origin.CommandTimeout;
        Files = new ModalSandboxFiles(_commands);
        Processes = new ModalProcesses(_commands, Files);
    }

    /// <summary>Its id (<c>sb-…</c>).</summary>
    public string Id { get; }

    /// <summary>Its name, when it was created, found or named by one here; null else.</summary>
    public string? Name { get; private set; }

    /// <summary>Whether it is on the V2 backend; its id tells.</summary>
    public bool IsV2 => _calls.IsV2;

    /// <summary>Time limit of commands that name none; null for none but the sandbox's lifetime.</summary>
    public TimeSpan? CommandTimeout { get; }

    /// <summary>Its files.</summary>
    public ModalSandboxFiles Files { get; }

    internal ModalClient Client => _client;

    /// <summary>Tags that <see cref="SetTagsAsync"/> leaves in place: those by which other processes know whose a leased sandbox is. Null for none.</summary>
    internal IReadOnlyDictionary<string, string>? KeptTags { get; set; }

    internal bool IsDetached => _detached;

    /// <summary>Commands in the main container.</summary>
    internal SandboxCommands Commands => _commands;

    /// <summary>The way to its command router.</summary>
    internal CommandRouter Router => _router;

    /// <summary>Runs a command line in the sandbox's shell (<c>/bin/sh -c</c>) to its end.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="cancellationToken">Kills the command, with all that it has started, and throws.</param>
    /// <returns>Its exit code and output. An exit code other than zero is no exception.</returns>
    /// <exception cref="ModalException">The sandbox has ended, or Modal can't be reached.</exception>
    public Task<ModalCommandResult> ExecuteAsync(string commandLine, CancellationToken cancellationToken = default) =>
        ExecuteAsync(ModalCommand.Shell(commandLine), cancellationToken);

    /// <summary>
    /// Runs a command to its end and keeps its output (RPCs TaskExecStart, TaskExecStdioRead, TaskExecWait). Returns when the command itself has ended: what a
    /// child left behind still writes is waited for no longer than a second of silence.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">
    /// Kills the command, with all that it has started, and throws: after a fifth of a second at most, while the killing, where it takes longer, goes on in the background.
    /// </param>
    /// <returns>Its exit code and output. An exit code other than zero is no exception.</returns>
    /// <exception cref="ModalException">The command is invalid, the sandbox has ended, or Modal can't be reached.</exception>
    public Task<ModalCommandResult> ExecuteAsync(ModalCommand command, CancellationToken cancellationToken = default) =>
        _commands.ExecuteAsync(command, cancellationToken);

    /// <summary>Starts a command and returns when it runs (RPC TaskExecStart). Its input stays open until its stream is disposed of.</summary>
    /// <param name="command">The command; its <see cref="ModalCommand.StandardInput"/> must be null.</param>
    /// <param name="cancellationToken">Gives up starting; a command that was started all the same is killed.</param>
    /// <exception cref="ModalException">The command is invalid, the sandbox has ended, or Modal can't be reached.</exception>
    public Task<ModalProcess> StartProcessAsync(ModalCommand command, CancellationToken cancellationToken = default) =>
        _commands.StartProcessAsync(command, cancellationToken);

    /// <summary>Asks how the sandbox ended (RPC SandboxWait, SandboxWaitV2). Modal may report an end some seconds late.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Null while it runs.</returns>
    public async Task<ModalSandboxExit?> PollAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        return ModalSandboxExit.From((await _calls.WaitAsync(longPoll: false, cancellationToken).ConfigureAwait(false)).Result);
    }

    /// <summary>Waits until the sandbox has ended (RPC SandboxWait, SandboxWaitV2). Works after <see cref="DisposeAsync"/> too.</summary>
    /// <param name="cancellationToken">Stops waiting; the sandbox goes on.</param>
    public async Task<ModalSandboxExit> WaitAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (ModalSandboxExit.From((await _calls.WaitAsync(longPoll: true, cancellationToken).ConfigureAwait(false)).Result) is { } exit)
            {
                return exit;
            }
        }
    }

    /// <summary>
    /// Ends the sandbox with all that runs in it (RPC SandboxTerminate, SandboxTerminateV2). Returns when Modal has taken note, before all is shut down; does
    /// nothing to a sandbox that has ended. Limited by <see cref="ModalClientOptions.TerminateTimeout"/>.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task TerminateAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await _calls.TerminateAsync(_client.Options.TerminateTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            // Modal forgets sandboxes that ended long ago.
        }

        Log.SandboxTerminated(_logger, Id);
    }

    /// <summary>Its tags (RPC SandboxTagsGet, SandboxTagsGetV2).</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<IReadOnlyDictionary<string, string>> GetTagsAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        return _calls.GetTagsAsync(cancellationToken);
    }

    /// <summary>
    /// Replaces all of its tags (RPC SandboxTagsSet, SandboxTagsSetV2). Those of a leased sandbox whose names begin with <c>modalai-</c> stay, when it is done with the lease's own object.
    /// </summary>
    /// <param name="tags">The new tags; empty for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task SetTagsAsync(IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tags);
        ThrowIfDetached();
        if (KeptTags is { } kept)
        {
            tags = new Dictionary<string, string>(tags.Where(tag => !kept.ContainsKey(tag.Key)).Concat(kept), StringComparer.Ordinal);
        }

        return _calls.SetTagsAsync(tags, _environment ?? _client.Options.Environment ?? "", cancellationToken);
    }

    /// <summary>Lets go of the sandbox: this object takes no more operations but <see cref="WaitAsync(CancellationToken)"/> and <see cref="TerminateAsync"/>; the sandbox runs on.</summary>
    public ValueTask DisposeAsync()
    {
        _detached = true;
        return CloseOutputsAsync();
    }

    /// <summary>Its id: nothing else of it belongs into a log.</summary>
    public override string ToString() => Id;

    /// <summary>Waits until a new sandbox on V1 has been scheduled, through look-ups that fail for a passing reason.</summary>
    internal Task WaitForTaskAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        _access.GetTaskIdAsync(timeout, throughFailures: true, cancellationToken);

    internal void ThrowIfDetached() => ObjectDisposedException.ThrowIf(_detached, this);
}
