using System.Text;

namespace ModalAI.Tools;

/// <summary>
/// A script that is talked with while it runs: it answers with lines and bytes, gets its input when those were read, and all of it is one command.
/// A script whose input ends before it was told to do something has to do nothing.
/// </summary>
internal sealed class ToolConversation : IAsyncDisposable
{
    /// <summary>How long after the script's own time limit its end may still be reported.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>How long a script that ignores the request to end may go on.</summary>
    private static readonly TimeSpan FinishTime = TimeSpan.FromSeconds(5);

    private const int MaxLineBytes = 64 * 1024;
    private const int MaxErrorBytes = 4096;
    private const int MaxRestBytes = 1024 * 1024;

    private readonly ModalProcess _process;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _timeout;
    private readonly long _started;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _hasEnded;

    private ToolConversation(ModalProcess process, TimeProvider time, TimeSpan timeout, CancellationToken caller)
    {
        _process = process;
        _time = time;
        _started = time.GetTimestamp();
        _timeout = timeout;
        _timer = new CancellationTokenSource(timeout + Grace, time);
        _limit = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer.Token);
        _caller = caller;
    }

    public static async Task<ToolConversation> StartAsync(FileToolContext context, string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var command = ModalCommand.Create("/bin/sh", ["-c", ToolScript.Prelude + script, "sh", .. arguments]) with { Timeout = context.Limits.WorkTimeout };
        var process = await context.Sandbox.StartProcessAsync(command, cancellationToken).ConfigureAwait(false);
        return new ToolConversation(process, context.Sandbox.Client.TimeProvider, context.Limits.WorkTimeout, cancellationToken);
    }

    /// <summary>The next line without its end; null when there is none.</summary>
    public async Task<string?> ReadLineAsync()
    {
        var line = new MemoryStream();
        while (line.Length < MaxLineBytes && await FillAsync().ConfigureAwait(false))
        {
            var bytes = _buffer.AsSpan(_start, _end - _start);
            var length = bytes.IndexOf((byte)'\n');
            line.Write(length < 0 ? bytes : bytes[..length]);
            _start = length < 0 ? _end : _start + length + 1;
            if (length >= 0)
            {
                return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
            }
        }

        return null;
    }

    /// <summary>The next bytes; fewer than asked for where the script has ended before.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        var count = 0;
        while (count < buffer.Length && await FillAsync().ConfigureAwait(false))
        {
            var length = Math.Min(_end - _start, buffer.Length - count);
            _buffer.AsSpan(_start, length).CopyTo(buffer.Span[count..]);
            _start += length;
            count += length;
        }

        return count;
    }

    /// <summary>What has arrived of the next bytes, at least one; zero where the script has ended.</summary>
    public async ValueTask<int> ReadSomeAsync(Memory<byte> buffer) =>
        await FillAsync().ConfigureAwait(false) ? await ReadAsync(buffer[..Math.Min(buffer.Length, _end - _start)]).ConfigureAwait(false) : 0;

    /// <summary>Gives the script input; one that has ended already takes none, and what it printed says why.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await GuardAsync(async cancellationToken =>
            {
                await _process.StandardInput.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.Conflict)
        {
        }
    }

    /// <summary>Ends the script's input; what tells the sandbox so may go on when nobody waits for it any more.</summary>
    public Task EndInputAsync() => GuardAsync(async cancellationToken =>
    {
        await _process.StandardInput.DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    });

    /// <summary>Ends the script's input and reads what it still prints, so that it has ended.</summary>
    /// <returns>What it printed, as much of it as matters.</returns>
    public async Task<string> FinishAsync()
    {
        await EndInputAsync().ConfigureAwait(false);
        var text = new MemoryStream();
        while (await FillAsync().ConfigureAwait(false))
        {
            if (text.Length < MaxRestBytes)
            {
                text.Write(_buffer, _start, _end - _start);
            }

            _start = _end;
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>What to tell of a path that a script said it can't work with, or of a script that failed.</summary>
    public async Task<ToolReply> DescribeFailureAsync(string line, string path, string tool, ToolWords words)
    {
        var answer = line.Length == 0
            ? new ToolAnswer("", "", "", await GetResultAsync().ConfigureAwait(false))
            : ToolAnswer.Parse($"{line}\n{await FinishAsync().ConfigureAwait(false)}", result: null);
        return answer.DescribeFailure(path, tool, words);
    }

    /// <summary>How a script ended that did not say what it was to say.</summary>
    public async Task<ModalCommandResult> GetResultAsync()
    {
        await FinishAsync().ConfigureAwait(false);
        var error = new byte[MaxErrorBytes];
        var length = await GuardAsync(async cancellationToken =>
            await _process.StandardError.ReadAtLeastAsync(error, error.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        var exitCode = await GuardAsync(_process.WaitForExitAsync).ConfigureAwait(false);
        var duration = _time.GetElapsedTime(_started);
        return new ModalCommandResult
        {
            ExitCode = exitCode,
            StandardOutput = "",
            StandardError = Encoding.UTF8.GetString(error, 0, length),
            TimedOut = exitCode is 137 or -1 && duration >= _timeout,
            Duration = duration,
        };
    }

    /// <summary>Ends a script that was left in the middle of its work; what it must not leave half done it may finish.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_hasEnded)
            {
                await _process.EndAsync(FinishTime, CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            await _process.DisposeAsync().ConfigureAwait(false);
            _limit.Dispose();
            _timer.Dispose();
        }
    }

    private async Task<bool> FillAsync()
    {
        if (_start < _end || _hasEnded)
        {
            return !_hasEnded;
        }

        _start = 0;
        _end = await GuardAsync(async cancellationToken => await _process.StandardOutput.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        _hasEnded = _end == 0;
        return !_hasEnded;
    }

    private async Task<T> GuardAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        try
        {
            return await work(_limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_limit.IsCancellationRequested && !_caller.IsCancellationRequested)
        {
            throw new ModalException(ModalErrorCode.Timeout, "The sandbox did not answer in time.");
        }
    }
}
