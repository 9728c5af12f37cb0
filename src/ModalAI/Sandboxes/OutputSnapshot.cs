using System.Buffers;
using System.Text;
using ModalAI.Protocol;

namespace ModalAI.Sandboxes;

/// <summary>
/// Reads what a command has printed from an offset on, and whether it has ended. Modal's stream of output has no mark for "this is all there is now", so
/// silence is taken for one; what comes later is at the next offset.
/// </summary>
internal sealed class OutputSnapshot(ExecCalls calls, ExecHandle exec, long offset, ModalReadOutputOptions options)
{
    /// <summary>How long output that is there already may take to follow what has arrived, or the answer whether the command runs.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(50);

    /// <summary>How long output is gathered from a command that prints all the time.</summary>
    private static readonly TimeSpan MaxGather = TimeSpan.FromMilliseconds(500);

    private readonly ArrayBufferWriter<byte> _data = new();
    private bool _isComplete;

    private TimeProvider Time => calls.Router.TimeProvider;

    public async Task<ModalProcessOutput> ReadAsync(CancellationToken cancellationToken)
    {
        var descriptor = options.StandardError ? TaskExecStdioFileDescriptor.Stderr : TaskExecStdioFileDescriptor.Stdout;
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var reader = new ExecOutputReader(calls, exec, descriptor, offset);

        // Asked for together with the output: the read costs one round trip.
        var exit = options.Wait > TimeSpan.Zero ? WaitForExitAsync(lifetime.Token) : calls.PollAsync(exec, lifetime.Token);
        try
        {
            await GatherAsync(reader, exit, lifetime.Token).ConfigureAwait(false);
            var exitCode = await ReadExitCodeAsync(exit, cancellationToken).ConfigureAwait(false);
            var data = _isComplete ? _data.WrittenMemory : WholeCharacters(_data.WrittenMemory);
            return new ModalProcessOutput { Data = data, NextOffset = offset + data.Length, IsComplete = _isComplete, ExitCode = exitCode };
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await ((Task)exit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task GatherAsync(ExecOutputReader reader, Task<int?> exit, CancellationToken cancellationToken)
    {
        long? first = null;
        while (_data.WrittenCount < options.MaxBytes && (first is null || Time.GetElapsedTime(first.Value) < MaxGather))
        {
            using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var read = reader.ReadAsync(given.Token).AsTask();
            try
            {
                if (!await ArrivesAsync(read, exit, isFirst: first is null, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }

                var data = await read.ConfigureAwait(false);
                if (data.IsEmpty)
                {
                    _isComplete = true;
                    return;
                }

                first ??= Time.GetTimestamp();
                _data.Write(data.Span[..Math.Min(data.Length, options.MaxBytes - _data.WrittenCount)]);
            }
            finally
            {
                await given.CancelAsync().ConfigureAwait(false);
                await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Whether output, or its end, comes in time.</summary>
    private async Task<bool> ArrivesAsync(Task read, Task<int?> exit, bool isFirst, CancellationToken cancellationToken)
    {
        if (isFirst && !exit.IsCompleted)
        {
            // What the router had of output when it was asked is here at about the time of its other answer.
            using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var limit = options.Wait > TimeSpan.Zero ? options.Wait : Timeout.InfiniteTimeSpan;
            await Task.WhenAny(read, exit, Task.Delay(limit, Time, waited.Token)).ConfigureAwait(false);
            await waited.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            var silence = exit is { IsCompletedSuccessfully: true, Result: not null } ? CommandRunner.DrainTimeout : Silence;
            await read.WaitAsync(silence, Time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException) when (!read.IsCompleted)
        {
            return false;
        }
    }

    private async Task<int?> ReadExitCodeAsync(Task<int?> exit, CancellationToken cancellationToken)
    {
        var exitCode = exit.IsCompleted || options.Wait == TimeSpan.Zero ? await exit.ConfigureAwait(false) : null;
        if (exitCode is not null || !_isComplete)
        {
            return exitCode;
        }

        // Nobody holds the output any more: most likely the command is ending at this moment.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await WaitForExitAsync(limit.Token).WaitAsync(CommandRunner.DrainTimeout, Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<int?> WaitForExitAsync(CancellationToken cancellationToken) => await calls.WaitAsync(exec, cancellationToken).ConfigureAwait(false);

    /// <summary>Leaves the beginning of a character at the end to the next read, unless there is nothing else.</summary>
    private static ReadOnlyMemory<byte> WholeCharacters(ReadOnlyMemory<byte> data) =>
        Rune.DecodeLastFromUtf8(data.Span, out _, out var length) == OperationStatus.NeedMoreData && length < data.Length ? data[..^length] : data;
}
