using System.Collections.Concurrent;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>
/// The background processes of a sandbox: started here, and found again by their ids from anywhere. They end when they end, when they are killed or with the
/// sandbox, not with the program that has started them; while one runs, the sandbox is not idle. Thread-safe.
/// </summary>
public sealed class ModalProcesses
{
    /// <summary>How many processes that this object has started may run at once: 64.</summary>
    public const int MaxRunning = 64;

    /// <summary>How many processes that have ended <see cref="ListAsync"/> shows, the latest ones: 100.</summary>
    public const int MaxEnded = 100;

    private const int MaxRecords = 1024;
    private const int MaxPolls = 32;

    /// <summary>How long a record may be there before its process is: much longer than a start takes.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);

    private readonly SandboxCommands _commands;
    private readonly ModalSandboxFiles _files;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ProcessRecord> _running = new(StringComparer.Ordinal);
    private int _starting;

    internal ModalProcesses(SandboxCommands commands, ModalSandboxFiles files)
    {
        _commands = commands;
        _files = files;
    }

    private TimeProvider Time => _commands.Exec.Router.TimeProvider;

    /// <summary>Starts a command line of the sandbox's shell (<c>/bin/sh -c</c>), its standard error written into its output.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="cancellationToken">Gives up starting; what was started all the same is killed.</param>
    /// <exception cref="ModalException">As with <see cref="StartAsync(ModalCommand, string, CancellationToken)"/>.</exception>
    public Task<ModalBackgroundProcess> StartAsync(string commandLine, CancellationToken cancellationToken = default) =>
        StartAsync(ModalCommand.Shell(commandLine) with { MergeOutput = true }, description: null, cancellationToken);

    /// <summary>
    /// Starts a command and returns when it runs. First a note is left in the sandbox, below <c>/tmp/.modalai</c>, so that no process runs that
    /// <see cref="ListAsync"/> does not show, even if this program ends between the two; then the command is started (RPC TaskExecStart). Its input is open
    /// until <see cref="ModalBackgroundProcess.CloseInputAsync"/>.
    /// </summary>
    /// <param name="command">
    /// The command; its <see cref="ModalCommand.StandardInput"/> must be null. Where it names no <see cref="ModalCommand.Timeout"/> it has none: the
    /// sandbox's own is for commands that are waited for. <see cref="ModalCommand.MaxOutputBytes"/> has no meaning here.
    /// </param>
    /// <param name="description">What <see cref="ListAsync"/> shows, as far as it fits into about 150 bytes; null for the start of the command line.</param>
    /// <param name="cancellationToken">Gives up starting; what was started all the same is killed.</param>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.ResourceExhausted"/>: <see cref="MaxRunning"/> are running. Or the command is invalid, the sandbox has ended, or Modal
    /// can't be reached.
    /// </exception>
    public async Task<ModalBackgroundProcess> StartAsync(ModalCommand command, string? description = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        CommandRequests.Validate(command);
        _commands.ThrowIfDetached();
        if (!await TryReserveAsync(MaxRunning, cancellationToken).ConfigureAwait(false))
        {
            throw new ModalException(
                ModalErrorCode.ResourceExhausted,
                $"{MaxRunning} background processes are running in this sandbox, the most that may: kill one, or wait for one to end.");
        }

        var record = ProcessRecord.Create(SandboxCommands.NewId(), Time.GetUtcNow(), command, description);
        try
        {
            await _files.CreateDirectoryAsync(record.Path, cancellationToken: cancellationToken).ConfigureAwait(false);
            var exec = await _commands.StartAsync(
                command with { Timeout = command.Timeout ?? Timeout.InfiniteTimeSpan }, record.Id, cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                _running.Add(record.Id, record);
            }

            return new ModalBackgroundProcess(_commands, exec);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !ProcessKiller.MayRun(exception))
        {
            _commands.Background.Add(ForgetAsync([record]));
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _starting--;
            }
        }
    }

    /// <summary>
    /// A process that was started before, here or by another program. Nothing is called yet: its first use tells whether there is such a process.
    /// </summary>
    /// <param name="processId">Its id, <see cref="ModalBackgroundProcess.Id"/>.</param>
    /// <returns>The process; its calls fail with <see cref="ModalErrorCode.NotFound"/> where Modal knows no such one, or has ended its sandbox.</returns>
    public ModalBackgroundProcess Get(string processId)
    {
        ArgumentException.ThrowIfNullOrEmpty(processId);
        _commands.ThrowIfDetached();
        return new ModalBackgroundProcess(_commands, new ExecHandle(processId, Task.CompletedTask, IsAttached: true));
    }

    /// <summary>
    /// Lists the background processes of the sandbox, whoever has started them: all that run, and the last <see cref="MaxEnded"/> that have ended. Modal has
    /// no call for that: the notes in the sandbox say which there are, and Modal how each of them stands (RPC TaskExecPoll). What runs in the sandbox could
    /// delete notes; what this object has started is listed all the same.
    /// </summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The processes, in the order in which they were started.</returns>
    /// <exception cref="ModalException">The sandbox has ended, or Modal can't be reached.</exception>
    public async Task<IReadOnlyList<ModalProcessInfo>> ListAsync(CancellationToken cancellationToken = default)
    {
        var records = await ReadRecordsAsync(cancellationToken).ConfigureAwait(false);
        var states = await PollAsync(records, cancellationToken).ConfigureAwait(false);
        var known = states.Where(static state => state.IsKnown).Select(static state => state.Record).ToHashSet();
        var ended = states.Where(static state => state.ExitCode is not null).Select(static state => state.Record);
        var old = ended.OrderByDescending(static record => record.StartedAt).Skip(MaxEnded).ToHashSet();

        // Also those that a snapshot has brought along from another sandbox.
        var latestStart = Time.GetUtcNow() - StartLimit;
        _commands.Background.Add(ForgetAsync([.. old, .. records.Where(record => !known.Contains(record) && record.StartedAt < latestStart)]));
        return
        [
            .. states.Where(state => state.IsKnown && !old.Contains(state.Record))
                .OrderBy(static state => state.Record.StartedAt)
                .Select(static state => new ModalProcessInfo(state.Record.Id, state.Record.Description, state.Record.StartedAt, state.ExitCode)),
        ];
    }

    /// <summary>Lists a command that runs, or is about to be started, among the background processes.</summary>
    /// <param name="execId">Its id.</param>
    /// <param name="command">The command.</param>
    /// <param name="description">What <see cref="ListAsync"/> shows.</param>
    /// <param name="maxRunning">How many of those that this object knows to run there may be with it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it may run on.</returns>
    internal async Task<bool> TryAddAsync(string execId, ModalCommand command, string description, int maxRunning, CancellationToken cancellationToken)
    {
        if (!await TryReserveAsync(maxRunning, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var record = ProcessRecord.Create(execId, Time.GetUtcNow(), command, description);
        lock (_gate)
        {
            _starting--;
            _running.Add(record.Id, record);
        }

        try
        {
            await _files.CreateDirectoryAsync(record.Path, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code != ModalErrorCode.SandboxEnded)
        {
            // Without the note it is found by its id alone.
        }

        return true;
    }

    /// <summary>Takes one off the list again that was not started.</summary>
    internal void Remove(string execId)
    {
        lock (_gate)
        {
            if (_running.Remove(execId, out var record))
            {
                _commands.Background.Add(ForgetAsync([record]));
            }
        }
    }

    private async Task<IReadOnlyCollection<ProcessRecord>> ReadRecordsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ModalFileInfo> entries;
        try
        {
            entries = await _files.ListAsync(ProcessRecord.Directory, cancellationToken).ConfigureAwait(false);
        }
        catch (ModalFileNotFoundException)
        {
            entries = [];
        }

        var records = entries.Select(static entry => ProcessRecord.Parse(entry.Name)).OfType<ProcessRecord>()
            .OrderByDescending(static record => record.StartedAt).Take(MaxRecords);
        lock (_gate)
        {
            return [.. _running.Values.Concat(records).DistinctBy(static record => record.Id)];
        }
    }

    private async Task<IReadOnlyCollection<State>> PollAsync(IEnumerable<ProcessRecord> records, CancellationToken cancellationToken)
    {
        var states = new ConcurrentBag<State>();
        await Parallel.ForEachAsync(
            records,
            new ParallelOptions { MaxDegreeOfParallelism = MaxPolls, CancellationToken = cancellationToken },
            async (record, cancellationToken) =>
            {
                try
                {
                    states.Add(new State(record, IsKnown: true, await Get(record.Id).PollAsync(cancellationToken).ConfigureAwait(false)));
                }
                catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
                {
                    states.Add(new State(record, IsKnown: false, ExitCode: null));
                }
            }).ConfigureAwait(false);
        var latestStart = Time.GetUtcNow() - StartLimit;
        lock (_gate)
        {
            // One that Modal does not know yet may be about to start.
            foreach (var state in states.Where(state => state.IsKnown ? state.ExitCode is not null : state.Record.StartedAt < latestStart))
            {
                _running.Remove(state.Record.Id);
            }
        }

        return states;
    }

    /// <summary>Takes one of the places for running processes.</summary>
    private async Task<bool> TryReserveAsync(int maxRunning, CancellationToken cancellationToken)
    {
        if (TryReserve(maxRunning))
        {
            return true;
        }

        // Those that are known to run may have ended since.
        ProcessRecord[] running;
        lock (_gate)
        {
            running = [.. _running.Values];
        }

        await PollAsync(running, cancellationToken).ConfigureAwait(false);
        return TryReserve(maxRunning);
    }

    private bool TryReserve(int maxRunning)
    {
        lock (_gate)
        {
            if (_running.Count + _starting >= maxRunning)
            {
                return false;
            }

            _starting++;
            return true;
        }
    }

    /// <summary>Removes records. One that stays does no harm: it is only asked about again.</summary>
    private async Task ForgetAsync(IReadOnlyCollection<ProcessRecord> records)
    {
        foreach (var record in records)
        {
            try
            {
                await _files.DeleteAsync(record.Path).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is ModalException or ObjectDisposedException)
            {
            }
        }
    }

    private sealed record State(ProcessRecord Record, bool IsKnown, int? ExitCode);
}
