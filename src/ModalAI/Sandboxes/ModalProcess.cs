using ModalAI.Protocol;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>
/// A command that runs in a sandbox. Streams and waits survive broken connections. Disposing of this object releases what it holds here; the
/// command goes on: see <see cref="KillAsync"/>.
/// </summary>
public sealed class ModalProcess : IAsyncDisposable
{
    private readonly ExecCalls _calls;
    private readonly ExecHandle _exec;
    private readonly ProcessKiller _killer;
    private readonly CancellationTokenSource _disposed = new();

    internal ModalProcess(
        ExecCalls calls, ExecHandle exec, ProcessKiller killer, long outputOffset = 0, long errorOffset = 0, bool hasOutput = true, bool hasError = true)
    {
        _calls = calls;
        _exec = exec;
        _killer = killer;
        StandardInput = new ProcessInputStream(calls, exec);
        StandardOutput = hasOutput ? new ProcessOutputStream(new ExecOutputReader(calls, exec, TaskExecStdioFileDescriptor.Stdout, outputOffset)) : Stream.Null;
        StandardError = hasError ? new ProcessOutputStream(new ExecOutputReader(calls, exec, TaskExecStdioFileDescriptor.Stderr, errorOffset)) : Stream.Null;
    }

    /// <summary>Id of the command (Modal's exec id).</summary>
    public string Id => _exec.ExecId;

    /// <summary>
    /// Standard input. Each write returns when the sandbox has taken the bytes, once whatever the connection does; writers side by side take turns. Disposing of the
    /// stream ends the input (RPC TaskExecStdinWrite).
    /// </summary>
    public Stream StandardInput { get; }

    /// <summary>
    /// Standard output, from its first byte or the one that was attached at; all of it where the command has a terminal. Modal keeps it until it is read; nothing is
    /// asked for before the first read (RPC TaskExecStdioRead). Empty where it is thrown away.
    /// </summary>
    public Stream StandardOutput { get; }

    /// <summary>Standard error, likewise; empty when the command merges it into its output or throws it away.</summary>
    public Stream StandardError { get; }

    /// <summary>Waits until the command has ended (RPC TaskExecWait).</summary>
    /// <param name="cancellationToken">Stops waiting; the command goes on.</param>
    /// <returns>The exit code; 128 + n when signal n ended the command.</returns>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.SandboxEnded"/>: the sandbox ended with the command in it.</exception>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        return await _calls.WaitAsync(_exec, linked.Token).ConfigureAwait(false);
    }

    /// <summary>Asks whether the command has ended (RPC TaskExecPoll).</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The exit code, or null while the command runs.</returns>
    public Task<int?> PollAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        return _calls.PollAsync(_exec, cancellationToken);
    }

    /// <summary>
    /// Asks how many bytes of input the sandbox has taken (RPC TaskExecStdinStatus): where a client that takes up the command goes on with its source.
    /// </summary>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<long> GetInputLengthAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        return (long)(await _calls.GetInputStatusAsync(_exec, cancellationToken).ConfigureAwait(false)).NumBytesWritten;
    }

    /// <summary>
    /// Kills the command and all that it has started, and waits for its end. Modal has no call for that: a second command does it, which needs
    /// <c>/bin/sh</c>, <c>grep</c> and <c>/proc</c> in the sandbox, and knows its victims by their environment or their ancestors': a command that has cleared its
    /// own environment is not found.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the killing goes on for at most ten seconds.</param>
    /// <returns>Whether the command is gone.</returns>
    public Task<bool> KillAsync(CancellationToken cancellationToken = default) => _killer.KillAsync(_exec).WaitAsync(cancellationToken);

    /// <summary>Asks the command to end (SIGTERM), and kills it when it has not done so after a while.</summary>
    internal Task<bool> EndAsync(TimeSpan gracePeriod, CancellationToken cancellationToken) => _killer.KillAsync(_exec, gracePeriod).WaitAsync(cancellationToken);

    /// <summary>Ends waits and streams here. Does not end the command's input: a command that reads on waits for more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed.IsCancellationRequested)
        {
            await _disposed.CancelAsync().ConfigureAwait(false);
            await StandardOutput.DisposeAsync().ConfigureAwait(false);
            await StandardError.DisposeAsync().ConfigureAwait(false);
            _disposed.Dispose();
        }
    }
}
