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
    /// <summary>
    /// $1 is NAME=VALUE. Shell built-ins and grep only, so that BusyBox images do; its grep needs -z to read beyond a NUL. Processes are stopped before they are killed: what is stopped
    /// starts no more children while the list is being made.
    /// </summary>
    private const string Script =
        """
        round=0
        while [ "$round" -lt 20 ]; do
          round=$((round + 1))
          pids=" "
          for file in $(grep -lszF -e "$1" /proc/[0-9]*/environ 2>/dev/null); do
            pid=${file#/proc/}
            pids="$pids${pid%/environ} "
          done
          [ "$pids" = " " ] && exit 0
          grown=1
          while [ "$grown" -eq 1 ]; do
            grown=0
            for stat in /proc/[0-9]*/stat; do
              read -r line 2>/dev/null <"$stat" || continue
              pid=${line%% *}
              rest=${line##*) }
              set -- "$1" $rest
              case "$pids" in *" $pid "*) continue ;; esac
              case "$pids" in *" $3 "*) pids="$pids$pid "; grown=1 ;; esac
            done
          done
          kill -STOP $pids 2>/dev/null
          kill -KILL $pids 2>/dev/null
        done
        exit 1
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Kills a command that nobody waits for any more. Returns after ten seconds at most; where that is too short, the killing goes on in the background.</summary>
    public async Task KillAbandonedAsync(ExecHandle exec)
    {
        var kill = KillAsync(exec);
        background.Add(kill);
        try
        {
            await kill.WaitAsync(Limit, timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }

    /// <summary>Whether a command whose start has failed may run all the same: its answer may have been lost.</summary>
    public static bool MayRun(Exception startFailure) => startFailure is ModalException { IsTransient: true };

    /// <summary>Kills such a command without having anybody wait for it.</summary>
    public void KillInBackground(ExecHandle exec) => background.Add(KillAsync(exec));

    /// <summary>Kills, and waits until the command has ended: ten seconds from the moment that its start is settled. Tells whether the command is gone.</summary>
    public async Task<bool> KillAsync(ExecHandle exec)
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

        using var limit = new CancellationTokenSource(Limit, timeProvider);
        try
        {
            while (true)
            {
                var killed = await RunAsync(exec.ExecId, limit.Token).ConfigureAwait(false);

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

    private async Task<bool> RunAsync(string execId, CancellationToken cancellationToken)
    {
        var request = new TaskExecStartRequest
        {
            ExecId = Guid.NewGuid().ToString(),
            CommandArgs = { "/bin/sh", "-c", Script, "sh", $"{CommandRequests.MarkerVariable}={execId}" },
            StdoutConfig = TaskExecStdoutConfig.Devnull,
            StderrConfig = TaskExecStderrConfig.Devnull,
            TimeoutSecs = SandboxDefinitions.WholeSeconds(Limit),
        };
        var exec = new ExecHandle(request.ExecId, calls.StartAsync(request, cancellationToken));
        var exit = calls.WaitAsync(exec, cancellationToken);
        exit.Observe();
        await exec.Started.ConfigureAwait(false);
        return await exit.ConfigureAwait(false) == 0;
    }
}
