using Google.Protobuf;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>
/// Runs a command to its end and keeps its output in bounded memory. The start, the reads, the input and the wait are sent together: their ids
/// are ours, so nothing has to be answered before the next thing is asked.
/// </summary>
internal sealed class CommandRunner(ExecCalls calls, ProcessKiller killer, TimeProvider timeProvider)
{
    /// <summary>How long output may stay silent after the command's end when one of its children keeps the stream open.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How long output is read after the command's end at most, however much a child of it still writes.</summary>
    private static readonly TimeSpan MaxDrain = TimeSpan.FromMinutes(1);

    /// <summary>How long after its time limit a command's end may still be reported by Modal, which enforces the limit.</summary>
    private static readonly TimeSpan TimeoutGrace = TimeSpan.FromSeconds(30);

    /// <summary>How far Modal's clock may be ahead of ours within a command's time.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMilliseconds(50);

    public async Task<ModalCommandResult> RunAsync(TaskExecStartRequest request, ModalCommand command, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();

        // The start is never abandoned half-way: what may run has to be known, so that it can be killed.
        var exec = new ExecHandle(request.ExecId, calls.StartAsync(request, CancellationToken.None));
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var output = new BoundedOutput(command.MaxOutputBytes);
        var error = new BoundedOutput(command.MaxOutputBytes);
        var reads = Task.WhenAll(
            command.DiscardOutput ? Task.CompletedTask : ExecOutputReader.CaptureAsync(calls, exec, TaskExecStdioFileDescriptor.Stdout, output, lifetime.Token),
            command.MergeOutput || command.DiscardError
                ? Task.CompletedTask
                : ExecOutputReader.CaptureAsync(calls, exec, TaskExecStdioFileDescriptor.Stderr, error, lifetime.Token));
        var input = FeedAsync(exec, command.StandardInput, lifetime.Token);
        var exit = calls.WaitAsync(exec, lifetime.Token);
        var end = EndAsync(exit, input, reads);
        try
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            var exitCode = await WaitAsync(end, timeout, cancellationToken).ConfigureAwait(false);
            var killed = exitCode is null;
            if (killed)
            {
                await killer.KillAsync(exec).ConfigureAwait(false);
            }

            await DrainAsync(reads, output, error, cancellationToken).ConfigureAwait(false);

            // Nobody may append any more when the output is read.
            await lifetime.CancelAsync().ConfigureAwait(false);
            await Quiet(reads).ConfigureAwait(false);
            var duration = timeProvider.GetElapsedTime(started);
            return new ModalCommandResult
            {
                ExitCode = exitCode ?? 137,
                StandardOutput = output.GetText(),
                StandardError = error.GetText(),
                StandardOutputBytes = output.TotalBytes,
                StandardErrorBytes = error.TotalBytes,
                IsOutputTruncated = output.OmittedBytes > 0 || error.OmittedBytes > 0,
                TimedOut = killed || (timeout is { } limit && exitCode is 137 or -1 && duration + ClockSlack >= limit),
                Duration = duration,
            };
        }
        catch (Exception exception) when (exec.Started.IsFaulted && ProcessKiller.MayRun(exception))
        {
            killer.KillInBackground(exec);
            throw;
        }
        catch (Exception exception) when (!exec.Started.IsFaulted && exception is not ModalException { Code: ModalErrorCode.SandboxEnded })
        {
            // Cancelled, or an input or connection that failed: nobody will read what the command still does.
            await killer.KillAbandonedAsync(exec).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(Quiet(reads), Quiet(input), Quiet(exit), Quiet(end)).ConfigureAwait(false);
        }
    }

    /// <summary>The exit code; null when Modal did not end the command within its limit and a grace.</summary>
    private async Task<int?> WaitAsync(Task<int> end, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var limit = timeout + TimeoutGrace ?? Timeout.InfiniteTimeSpan;
        try
        {
            return await end.WaitAsync(limit, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!end.IsFaulted)
        {
            return null;
        }
    }

    /// <summary>
    /// The exit code, unless something else fails first: input that the application fails to deliver is the application's error, not an end of input; and
    /// where output can't be read for a gone router, the wait for the exit would be repeated for ever.
    /// </summary>
    private static async Task<int> EndAsync(Task<int> exit, Task input, Task reads)
    {
        List<Task> pending = [exit, input, reads];
        while (!exit.IsCompleted)
        {
            var done = await Task.WhenAny(pending).ConfigureAwait(false);
            await done.ConfigureAwait(false);
            pending.Remove(done);
        }

        return await exit.ConfigureAwait(false);
    }

    private async Task FeedAsync(ExecHandle exec, Stream? source, CancellationToken cancellationToken)
    {
        try
        {
            if (source is null)
            {
                await calls.WriteInputAsync(exec, 0, ByteString.Empty, endOfInput: true, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await new ExecInputUpload(calls, exec).SendAsync(source, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ModalException exception) when (exception.Code is ModalErrorCode.SandboxEnded or ModalErrorCode.Conflict)
        {
            // A command that ends without reading all of its input is no failure; where the sandbox has ended, the wait says so.
        }
    }

    private async Task DrainAsync(Task reads, BoundedOutput output, BoundedOutput error, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (timeProvider.GetElapsedTime(started) < MaxDrain)
        {
            var before = output.TotalBytes + error.TotalBytes;
            try
            {
                await reads.WaitAsync(DrainTimeout, timeProvider, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException) when (output.TotalBytes + error.TotalBytes == before)
            {
                return;
            }
            catch (TimeoutException)
            {
            }
        }
    }

    private static async Task Quiet(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
