using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Protocol;

namespace ModalAI.Sandboxes;

/// <summary>
/// Kills a command with all that it has started. Modal has no call for that: another command looks the processes up by the variable that
/// each start sets, and by descent from those, and kills them until none is left.
/// </summary>
internal sealed class ProcessKiller(ExecCalls calls, BackgroundWork background, TimeProvider timeProvider, ILogger logger, string sandboxId)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>How long one who has cancelled is kept, so that what comes next mostly finds the command gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Kills a command whose caller has left. Waits only a moment for its end, which is mostly enough; the killing goes on in the background.
    /// </summary>
    public async Task KillAbandonedAsync(ExecHandle exec)
    {
        var kill = KillAsync(exec);
        background.Add(kill);
        try
        {
            await kill.WaitAsync(Patience, timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }

    /// <summary>Whether a command whose start has failed may run all the same: its answer may have been lost.</summary>
    public static bool MayRun(Exception startFailure) => startFailure is ModalException { IsTransient: true };

    /// <summary>Kills such a command without having anybody wait for it.</summary>
    public void KillInBackground(ExecHandle exec) => background.Add(KillAsync(exec));

    /// <summary>
    /// Kills, and waits until the command has ended: ten seconds from the moment that its start is settled. Tells whether the command is gone.
    /// </summary>
    /// <param name="exec">The command.</param>
    /// <param name="gracePeriod">How long it and its children have to end by themselves when they are asked to (SIGTERM), before those ten seconds.</param>
    public async Task<bool> KillAsync(ExecHandle exec, TimeSpan gracePeriod = default)
    {
        try
        {
            await exec.Started.ConfigureAwait(false);
        }
        catch (ModalException exception) when (!MayRun(exception))
        {
            return true;
        }
        catch (ModalException)
        {
            // Its answer was lost, perhaps: the command may run all the same.
        }

        using var limit = new CancellationTokenSource(gracePeriod + Limit, timeProvider);
        try
        {
            while (true)
            {
                var killed = await RunAsync(exec.ExecId, gracePeriod, limit.Token).ConfigureAwait(false);
                gracePeriod = TimeSpan.Zero;

                // A command that was started a moment ago may not have reached its own program yet: look again until it has ended.
                if (await calls.PollAsync(exec, limit.Token).ConfigureAwait(false) is not null && killed)
                {
                    return true;
                }

                await Task.Delay(Pause, timeProvider, limit.Token).ConfigureAwait(false);
            }
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.SandboxEnded)
        {
            return true;
        }
        catch (Exception exception) when (exception is ModalException { Code: not ModalErrorCode.NotFound } or OperationCanceledException)
        {
            Log.CommandNotKilled(logger, exception, sandboxId);
            return false;
        }
    }

    private async Task<bool> RunAsync(string execId, TimeSpan gracePeriod, CancellationToken cancellationToken)
    {
        var request = new TaskExecStartRequest
        {
            ExecId = Guid.NewGuid().ToString(),
            CommandArgs = { "/bin/sh", "-c", KillScript.Text, "sh", $"{CommandRequests.MarkerVariable}={execId}", KillScript.Tenths(gracePeriod) },
            StdoutConfig = TaskExecStdoutConfig.Devnull,
            StderrConfig = TaskExecStderrConfig.Devnull,
            TimeoutSecs = SandboxDefinitions.WholeSeconds(gracePeriod + Limit),
        };
        var exec = new ExecHandle(request.ExecId, calls.StartAsync(request, cancellationToken));
        var exit = calls.WaitAsync(exec, cancellationToken);
        exit.Observe();
        await exec.Started.ConfigureAwait(false);
        return await exit.ConfigureAwait(false) == 0;
    }
}
