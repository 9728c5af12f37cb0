using System.Runtime.CompilerServices;
using System.Text;
using ModalAI.Protocol;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>
/// A process that runs in the background of a sandbox. It goes on whatever becomes of the connection, of this object and of the program that has started it:
/// with its <see cref="Id"/> and an offset anyone goes on where another has stopped (<see cref="ModalProcesses.Get"/>). Nothing is held here, so there is
/// nothing to dispose of. Thread-safe.
/// </summary>
public sealed class ModalBackgroundProcess
{
    /// <summary>How long <see cref="KillAsync"/> lets processes end by themselves by default: two seconds.</summary>
    public static readonly TimeSpan DefaultGracePeriod = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan MaxGracePeriod = TimeSpan.FromMinutes(1);

    private readonly ExecCalls _calls;
    private readonly ExecHandle _exec;
    private readonly ProcessKiller _killer;
    private readonly InputTurns _inputTurns;

    internal ModalBackgroundProcess(SandboxCommands commands, ExecHandle exec)
    {
        _calls = commands.Exec;
        _killer = commands.Killer;
        _inputTurns = commands.InputTurns;
        _exec = exec;
    }

    /// <summary>Its id (Modal's exec id): all that is needed to find it again.</summary>
    public string Id => _exec.ExecId;

    /// <summary>
    /// Reads what it has printed from an offset on, and whether it runs: one round trip (RPCs TaskExecStdioRead and TaskExecPoll, or TaskExecWait to wait).
    /// Modal keeps what is printed, so the same bytes may be read again.
    /// </summary>
    /// <param name="offset">Where to start, in bytes; <see cref="ModalProcessOutput.NextOffset"/> of the last read. Default 0, the first byte.</param>
    /// <param name="options">How much to read, and how long to wait for it; null for the defaults.</param>
    /// <param name="cancellationToken">Stops reading; nothing is lost by it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative, or an option is out of its range.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.NotFound"/> or <see cref="ModalErrorCode.SandboxEnded"/>: the process is not known, or its sandbox has ended;
    /// <see cref="ModalErrorCode.InvalidArgument"/>: it has not printed as much as the offset says; <see cref="ModalErrorCode.Conflict"/>: it was started
    /// without that output, such as with standard error merged into standard output.
    /// </exception>
    public async Task<ModalProcessOutput> ReadOutputAsync(
        long offset = 0, ModalReadOutputOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        options ??= new ModalReadOutputOptions();
        options.Validate();
        try
        {
            return await new OutputSnapshot(_calls, _exec, offset, options).ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.SandboxEnded)
        {
            throw await NoOutputAsync(exception, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Follows what it prints, from an offset to the end: to when the process, and all that it has started with the same output, has ended. Broken
    /// connections are mended; no byte is lost or repeated. One piece is held at a time: a slow reader slows nothing but itself (RPC TaskExecStdioRead).
    /// </summary>
    /// <param name="offset">Where to start, in bytes. Default 0, the first byte.</param>
    /// <param name="standardError">Follows standard error in place of standard output. Default false.</param>
    /// <param name="cancellationToken">Stops following; the process goes on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    /// <exception cref="ModalException">As with <see cref="ReadOutputAsync"/>.</exception>
    public IAsyncEnumerable<ModalOutputChunk> FollowOutputAsync(long offset = 0, bool standardError = false, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return FollowAsync(offset, standardError ? TaskExecStdioFileDescriptor.Stderr : TaskExecStdioFileDescriptor.Stdout, cancellationToken);
    }

    /// <summary>Follows what it prints, from an offset to the end, and hands each piece to a callback; one call at a time.</summary>
    /// <param name="onOutput">Gets each piece; what it throws ends the following.</param>
    /// <param name="offset">Where to start, in bytes. Default 0, the first byte.</param>
    /// <param name="standardError">Follows standard error in place of standard output. Default false.</param>
    /// <param name="cancellationToken">Stops following; the process goes on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    public async Task FollowOutputAsync(
        Func<ModalOutputChunk, CancellationToken, ValueTask> onOutput,
        long offset = 0,
        bool standardError = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(onOutput);
        await foreach (var chunk in FollowOutputAsync(offset, standardError, cancellationToken).ConfigureAwait(false))
        {
            await onOutput(chunk, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Writes to its standard input after what others have written, and returns when the sandbox has taken the bytes (RPCs TaskExecStdinStatus,
    /// TaskExecStdinWrite). Calls take turns that come from one <see cref="ModalSandbox"/> object; several of those, or programs, must not write at once.
    /// </summary>
    /// <param name="data">The bytes.</param>
    /// <param name="cancellationToken">Gives up; how much was taken is not known then.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Conflict"/>: the process has ended, or its input was closed.</exception>
    public async Task WriteInputAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        using var turn = await _inputTurns.TakeAsync(Id, cancellationToken).ConfigureAwait(false);
        await OpenInput().WriteAsync(data, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes text to its standard input, as UTF-8. Nothing is added to it: end a line with a line break.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Gives up; how much was taken is not known then.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Conflict"/>: the process has ended, or its input was closed.</exception>
    public Task WriteInputAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return WriteInputAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    /// <summary>Ends its standard input (RPC TaskExecStdinWrite). Does nothing to one that has ended.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task CloseInputAsync(CancellationToken cancellationToken = default)
    {
        using var turn = await _inputTurns.TakeAsync(Id, cancellationToken).ConfigureAwait(false);
        await OpenInput().DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks whether it has ended (RPC TaskExecPoll).</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The exit code, 128 + n when signal n ended it; null while it runs.</returns>
    public Task<int?> PollAsync(CancellationToken cancellationToken = default) => _calls.PollAsync(_exec, cancellationToken);

    /// <summary>Waits until it has ended (RPC TaskExecWait).</summary>
    /// <param name="cancellationToken">Stops waiting; the process goes on.</param>
    /// <returns>The exit code; 128 + n when signal n ended it.</returns>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken = default) => _calls.WaitAsync(_exec, cancellationToken);

    /// <summary>Waits until it has ended, for at most so long (RPC TaskExecWait).</summary>
    /// <param name="timeout">How long to wait, more than zero.</param>
    /// <param name="cancellationToken">Stops waiting; the process goes on.</param>
    /// <returns>The exit code; null where it still runs.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero.</exception>
    public async Task<int?> WaitForExitAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        try
        {
            return await TimeLimit.RunAsync(
                WaitForExitAsync, timeout, _calls.Router.TimeProvider, $"Process {Id} did not end", cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception is { Code: ModalErrorCode.Timeout, InnerException: OperationCanceledException })
        {
            return null;
        }
    }

    /// <summary>
    /// Ends it and all that it has started, wherever that has moved: asks them to end (SIGTERM), kills what is left after a while (SIGKILL), and waits until
    /// they are gone. It also ends what a process that has ended itself has left running. See <see cref="ModalProcess.KillAsync"/> for what it needs in the
    /// sandbox, and for what it can't find.
    /// </summary>
    /// <param name="gracePeriod">
    /// How long they have to end by themselves, at most a minute; null for <see cref="DefaultGracePeriod"/>, <see cref="TimeSpan.Zero"/> to kill at once.
    /// </param>
    /// <param name="cancellationToken">Stops waiting; the killing goes on for at most ten seconds after the grace period.</param>
    /// <returns>Whether all is gone.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The grace period is negative or longer than a minute.</exception>
    public Task<bool> KillAsync(TimeSpan? gracePeriod = null, CancellationToken cancellationToken = default)
    {
        var grace = gracePeriod ?? DefaultGracePeriod;
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero, nameof(gracePeriod));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(grace, MaxGracePeriod, nameof(gracePeriod));
        return _killer.KillAsync(_exec, grace).WaitAsync(cancellationToken);
    }

    /// <summary>Its id.</summary>
    public override string ToString() => Id;

    /// <summary>The input after what the router has taken until now, whoever has written that.</summary>
    private ProcessInputStream OpenInput() => new(_calls, _exec with { IsAttached = true });

    private async IAsyncEnumerable<ModalOutputChunk> FollowAsync(
        long offset, TaskExecStdioFileDescriptor descriptor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new ExecOutputReader(_calls, _exec, descriptor, offset);
        while (await NextAsync().ConfigureAwait(false) is { IsEmpty: false } data)
        {
            yield return new ModalOutputChunk(reader.Offset - data.Length, data);
        }

        async ValueTask<ReadOnlyMemory<byte>> NextAsync()
        {
            try
            {
                return await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.SandboxEnded)
            {
                throw await NoOutputAsync(exception, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Modal answers alike for a sandbox that has ended and for an output that the process does not have: where it still knows the process it is the latter.
    /// </summary>
    private async Task<Exception> NoOutputAsync(ModalException failure, CancellationToken cancellationToken)
    {
        await PollAsync(cancellationToken).ConfigureAwait(false);
        return new ModalException(
            ModalErrorCode.Conflict, $"Process {Id} was started without this output, or with it merged into the other: there is nothing to read.", failure);
    }
}
