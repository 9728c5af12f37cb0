using Google.Protobuf;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>
/// Runs a command to its end, or for as long as it is waited for, and hands its output on. The start, the reads, the input and the wait are sent together:
/// their ids are ours, so nothing has to be answered before the next thing is asked.
/// </summary>
internal sealed class CommandRunner(ExecCalls calls, ProcessKiller killer, TimeProvider timeProvider)
{
    /// <summary>How long output may stay silent after the command's end when one of its children keeps the stream open.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How much has to come in that time to be what the command left behind, rather than what a child of it still writes.</summary>
    private const int BacklogBytes = 64 * 1024;

    /// <summary>How long output is read after the command's end at most, however much a child of it still writes.</summary>
    private static readonly TimeSpan MaxDrain = TimeSpan.FromMinutes(1);

    /// <summary>How long after its time limit a command's end may still be reported by Modal, which enforces the limit.</summary>
    private static readonly TimeSpan TimeoutGrace = TimeSpan.FromSeconds(30);

    /// <summary>How far Modal's clock may be ahead of ours within a command's time.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs a command to its end and keeps its output in bounded memory.</summary>
    public async Task<ModalCommandResult> RunAsync(TaskExecStartRequest request, ModalCommand command, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var output = new BoundedOutput(command.MaxOutputBytes);
        var error = new BoundedOutput(command.MaxOutputBytes);
        var plan = new CommandPlan
        {
            Output = command.DiscardOutput ? null : output,
            Error = command.MergeOutput || command.DiscardError ? null : error,
            Input = command.StandardInput,
            Timeout = timeout,
        };
        var run = await RunAsync(request, plan, cancellationToken).ConfigureAwait(false);
        return new ModalCommandResult
        {
            ExitCode = run.ExitCode!.Value,
            StandardOutput = output.GetText(),
            StandardError = error.GetText(),
            StandardOutputBytes = output.TotalBytes,
            StandardErrorBytes = error.TotalBytes,
            IsOutputTruncated = output.OmittedBytes > 0 || error.OmittedBytes > 0,
            TimedOut = run.TimedOut,
            Duration = run.Duration,
        };
    }

    /// <summary>Runs a command as the plan says. When this returns, nobody appends to the sinks any more.</summary>
    public async Task<CommandRun> RunAsync(TaskExecStartRequest request, CommandPlan plan, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();

        // The start is never abandoned half-way: what may run has to be known, so that it can be killed.
        var exec = new ExecHandle(request.ExecId, calls.StartAsync(request, CancellationToken.None));
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var outages = new OutputOutages();
        var reads = Task.WhenAll(
            CaptureAsync(exec, TaskExecStdioFileDescriptor.Stdout, plan.Output, outages, lifetime.Token),
            CaptureAsync(exec, TaskExecStdioFileDescriptor.Stderr, plan.Error, outages, lifetime.Token));
        var input = plan is { Input: null, KeepsInputOpen: true } ? Task.CompletedTask : FeedAsync(exec, plan.Input, lifetime.Token);
        var exit = calls.WaitAsync(exec, lifetime.Token);
        var end = EndAsync(exit, input, reads);
        try
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (plan.LeaveAsync is not null
                && !await EndsWithinAsync(end, plan.Patience, cancellationToken).ConfigureAwait(false)
                && !await EndsBeforeAsync(end, input, cancellationToken).ConfigureAwait(false)
                && await plan.LeaveAsync(cancellationToken).ConfigureAwait(false))
            {
                await lifetime.CancelAsync().ConfigureAwait(false);
                await Quiet(reads).ConfigureAwait(false);
                return new CommandRun(exec.ExecId, ExitCode: null, TimedOut: false, timeProvider.GetElapsedTime(started));
            }

            var limit = plan.Timeout + TimeoutGrace ?? plan.WaitLimit - timeProvider.GetElapsedTime(started);
            var exitCode = await WaitAsync(end, limit, cancellationToken).ConfigureAwait(false);
            var killed = exitCode is null;
            if (killed)
            {
                await killer.KillAsync(exec).ConfigureAwait(false);
            }

            await DrainAsync(reads, outages, plan, cancellationToken).ConfigureAwait(false);

            // Nobody may append any more when the output is read.
            await lifetime.CancelAsync().ConfigureAwait(false);
            await Quiet(reads).ConfigureAwait(false);
            var duration = timeProvider.GetElapsedTime(started);
            return new CommandRun(
                exec.ExecId, exitCode ?? 137, killed || (plan.Timeout is { } timeout && exitCode is 137 or -1 && duration + ClockSlack >= timeout), duration);
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

    private Task CaptureAsync(
        ExecHandle exec, TaskExecStdioFileDescriptor descriptor, IOutputSink? sink, OutputOutages outages, CancellationToken cancellationToken) =>
        sink is null ? Task.CompletedTask : ExecOutputReader.CaptureAsync(calls, exec, descriptor, sink, outages, cancellationToken);

    /// <summary>Whether something comes of it in time, be it a failure.</summary>
    private async Task<bool> EndsWithinAsync(Task<int> end, TimeSpan limit, CancellationToken cancellationToken)
    {
        await ((Task)end).WaitAsync(limit, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return end.IsCompleted;
    }

    /// <summary>Whether something comes of it before it has got all of its input.</summary>
    private static async Task<bool> EndsBeforeAsync(Task<int> end, Task input, CancellationToken cancellationToken)
    {
        await Task.WhenAny(end, input).WaitAsync(cancellationToken).ConfigureAwait(false);
        return end.IsCompleted;
    }

    /// <summary>The exit code; null when the command did not end within the limit.</summary>
    private async Task<int?> WaitAsync(Task<int> end, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var wait = limit is not { } time ? Timeout.InfiniteTimeSpan : time > TimeSpan.Zero ? time : TimeSpan.Zero;
        try
        {
            return await end.WaitAsync(wait, timeProvider, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Waits for the rest of the output: as long as much of it comes, and while the way to it is broken, since what is not read then is not what nobody wrote.</summary>
    private async Task DrainAsync(Task reads, OutputOutages outages, CommandPlan plan, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (timeProvider.GetElapsedTime(started) < MaxDrain)
        {
            var (before, broken) = (CountBytes(plan), outages.Count);
            try
            {
                await reads.WaitAsync(DrainTimeout, timeProvider, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException) when (CountBytes(plan) - before < BacklogBytes && outages.Count == broken && !outages.IsBroken)
            {
                return;
            }
            catch (TimeoutException)
            {
            }
        }
    }

    private static long CountBytes(CommandPlan plan) => (plan.Output?.TotalBytes ?? 0) + (plan.Error?.TotalBytes ?? 0);

    private static async Task Quiet(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
