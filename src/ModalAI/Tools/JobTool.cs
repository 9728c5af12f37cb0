using System.Text;

namespace ModalAI.Tools;

/// <summary>
/// Reads, feeds and ends jobs: commands that go on without a call that waits for them. A job is known by its id alone, so that it is found again after this
/// program has started anew. Thread-safe.
/// </summary>
/// <param name="settings">How commands run.</param>
/// <param name="words">How texts name the tools.</param>
/// <param name="cursors">How far the output of each job was read.</param>
internal sealed class JobTool(CommandSettings settings, ToolWords words, JobCursors cursors)
{
    /// <summary>The longest that one call waits.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(5);

    /// <summary>Ctrl-C.</summary>
    private const char Interrupt = '\u0003';

    private const int ReadBytes = 1024 * 1024;
    private const int MaxListed = 5;

    /// <summary>A read that brings less has caught up with the job.</summary>
    private const int BacklogBytes = 16 * 1024;

    /// <summary>How much one call takes of the output of a job that prints faster than it is read.</summary>
    private const long MaxBytes = OutputLog.MaxBytes;

    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    /// <summary>The same for one that has ended, of which more can come only from what it has left running.</summary>
    private static readonly TimeSpan MaxTimeOfEnded = TimeSpan.FromMinutes(1);

    /// <summary>Shows what a job has printed, and how it stands.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="since">Where to start, in bytes; null for where the last call has stopped.</param>
    /// <param name="wait">How long to wait for its end, zero for not at all.</param>
    /// <param name="maxOutputChars">What is shown of the output, in characters; null for what the settings say.</param>
    /// <param name="cancellationToken">Stops reading; the job goes on.</param>
    public async Task<CommandAnswer> ReadAsync(
        ModalSandbox sandbox, string jobId, long? since, TimeSpan wait, int? maxOutputChars, CancellationToken cancellationToken)
    {
        if (since < 0)
        {
            return CommandAnswer.Fail($"Nothing was read: {words.Since ?? "the offset"} is {since}; it has to be 0 or more, a number of bytes.");
        }

        return await UseAsync(
            sandbox,
            jobId,
            async process =>
            {
                if (wait > TimeSpan.Zero)
                {
                    await process.WaitForExitAsync(wait < MaxWait ? wait : MaxWait, cancellationToken).ConfigureAwait(false);
                }

                return await ReadAsync(sandbox, process, since ?? cursors.Get(process.Id), TimeSpan.Zero, maxOutputChars, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Gives a job input, and shows what it prints upon that. Ctrl-C ends a job whose input is closed, as it would end one on a terminal.
    /// </summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="jobId">The job; one whose input was left open.</param>
    /// <param name="text">The input; empty for none.</param>
    /// <param name="endsInput">Whether its input ends with that.</param>
    /// <param name="wait">How long to wait for output.</param>
    /// <param name="maxOutputChars">What is shown of the output, in characters; null for what the settings say.</param>
    /// <param name="cancellationToken">Gives up; the job goes on.</param>
    /// <param name="gathers">Whether all output of that time is waited for, as long as the job runs; else the first that comes ends the wait.</param>
    public Task<CommandAnswer> WriteAsync(
        ModalSandbox sandbox,
        string jobId,
        string text,
        bool endsInput,
        TimeSpan wait,
        int? maxOutputChars,
        CancellationToken cancellationToken,
        bool gathers = false) =>
        UseAsync(
            sandbox,
            jobId,
            async process =>
            {
                try
                {
                    if (text.Length > 0)
                    {
                        await process.WriteInputAsync(Encoding.UTF8.GetBytes(text), cancellationToken).ConfigureAwait(false);
                    }

                    if (endsInput)
                    {
                        await process.CloseInputAsync(cancellationToken).ConfigureAwait(false);
                    }
                }
                catch (ModalException exception) when (exception.Code == ModalErrorCode.Conflict)
                {
                    var exitCode = await process.PollAsync(cancellationToken).ConfigureAwait(false);
                    if (exitCode is null && text.Contains(Interrupt, StringComparison.Ordinal))
                    {
                        return await KillAsync(sandbox, process.Id, cancellationToken).ConfigureAwait(false);
                    }

                    var why = exitCode is null
                        ? $"its input is closed, as it is unless a command is started with {words.OpenInput ?? "an open one"}"
                        : $"it has ended with exit code {exitCode}";
                    return CommandAnswer.Fail($"Job {process.Id} takes no input: {why}.{Advice(words.ReadJob, "read what it printed")}");
                }

                var limited = wait < MaxWait ? wait : MaxWait;
                if (gathers && limited > TimeSpan.Zero)
                {
                    await process.WaitForExitAsync(limited, cancellationToken).ConfigureAwait(false);
                    limited = TimeSpan.Zero;
                }

                return await ReadAsync(sandbox, process, cursors.Get(process.Id), limited, maxOutputChars, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>Ends a job, with all that it has started.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="cancellationToken">Stops waiting; the killing goes on.</param>
    public Task<CommandAnswer> KillAsync(ModalSandbox sandbox, string jobId, CancellationToken cancellationToken) =>
        UseAsync(
            sandbox,
            jobId,
            async process =>
            {
                var before = await process.PollAsync(cancellationToken).ConfigureAwait(false);

                // Also one that has ended: it may have left something running.
                var isGone = await process.KillAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                var status = (before, isGone) switch
                {
                    ({ } code, _) => $"job {process.Id} had ended before, with exit code {code}; what it had left running was ended too",
                    (_, true) => $"job {process.Id} was ended, with all that it had started",
                    _ => $"job {process.Id} could not be ended within its time; look with ps what runs",
                };
                return new CommandAnswer(status + Advice(words.ReadJob, "read what it printed", "; ", ""))
                {
                    JobId = process.Id,
                    ExitCode = before,
                    IsRunning = before is null && !isGone,
                };
            },
            cancellationToken);

    private async Task<CommandAnswer> ReadAsync(
        ModalSandbox sandbox, ModalBackgroundProcess process, long since, TimeSpan wait, int? maxOutputChars, CancellationToken cancellationToken)
    {
        var window = new OutputWindow(maxOutputChars ?? settings.MaxOutputChars, settings.MaxLineChars);
        var options = new ModalReadOutputOptions { MaxBytes = ReadBytes, Wait = wait };
        var time = sandbox.Client.TimeProvider;
        var started = time.GetTimestamp();
        bool isBehind;
        ModalProcessOutput part;
        try
        {
            do
            {
                part = await process.ReadOutputAsync(since + window.TotalBytes, options, cancellationToken).ConfigureAwait(false);
                window.Append(part.Data.Span);
                options = options with { Wait = TimeSpan.Zero };
                isBehind = part.Data.Length >= BacklogBytes && !part.IsComplete;
            }
            while (isBehind && window.TotalBytes < MaxBytes && time.GetElapsedTime(started) < (part.IsRunning ? MaxTime : MaxTimeOfEnded));
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.InvalidArgument && since > 0)
        {
            return CommandAnswer.Fail(
                $"Job {process.Id} has not printed {since} bytes yet. Leave out {words.Since ?? "the offset"} to go on where the last call has stopped.");
        }

        await KilledCommand.ThrowIfSandboxEndedAsync(sandbox, part.ExitCode, cancellationToken).ConfigureAwait(false);
        cursors.Set(process.Id, part.NextOffset);
        var answer = Read(process.Id, part, window);
        if (answer.IsTruncated && settings.IsSandboxKept)
        {
            answer = answer with
            {
                LogPath = await OutputLog.SaveAsync(sandbox, process.Id, since, part.NextOffset, standardError: false, cancellationToken).ConfigureAwait(false),
            };
        }

        return Tell(answer, since, isBehind, part.IsComplete);
    }

    /// <summary>How a job stands, with what is shown of its output.</summary>
    internal static CommandAnswer Read(string jobId, ModalProcessOutput part, OutputWindow window) => new("")
    {
        Output = window.GetView(),
        ExitCode = part.ExitCode,
        JobId = jobId,
        NextOffset = part.NextOffset,
        IsRunning = part.IsRunning,
    };

    /// <summary>The answer with its status.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="since">Where its output starts.</param>
    /// <param name="isBehind">Whether more was printed than was read.</param>
    /// <param name="isComplete">Whether nothing will be printed any more.</param>
    internal CommandAnswer Tell(CommandAnswer answer, long since, bool isBehind, bool isComplete)
    {
        var state = answer.ExitCode switch
        {
            null => $"job {answer.JobId} is still running{OutputNotices.OfJob(words)}",
            KilledCommand.ExitCode => $"job {answer.JobId} ended with exit code 137: killed by signal 9, by its time limit, on request, or because memory ran out",
            { } code => $"job {answer.JobId} ended with exit code {code}",
        };
        var place = $"output from byte {since} to {answer.NextOffset} is below";
        if (isBehind)
        {
            place += "; there is more of it, which the next call shows";
        }
        else if (answer.ExitCode is not null && !isComplete)
        {
            place += "; what it has left running may print more";
        }

        return answer with { Status = ToolText.Cut(string.Join("; ", [state, place, .. OutputNotices.Describe(answer, settings, words)]), ToolLimits.ErrorChars) };
    }

    private string Start => (words.Shell, words.Background) switch
    {
        (null, _) => "",
        ({ } shell, null) => $" Start one with {shell}.",
        ({ } shell, { } background) => $" Start one with {shell} and {background}.",
    };

    private async Task<CommandAnswer> UseAsync(
        ModalSandbox sandbox, string jobId, Func<ModalBackgroundProcess, Task<CommandAnswer>> use, CancellationToken cancellationToken)
    {
        jobId = jobId.Trim();
        if (Guid.TryParseExact(jobId, "D", out var id))
        {
            try
            {
                return await use(sandbox.Processes.Get(id.ToString())).ConfigureAwait(false);
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
            {
                // Not in this sandbox.
            }
        }

        var jobs = await sandbox.Processes.ListAsync(cancellationToken).ConfigureAwait(false);
        var listed = jobs.Where(static job => job.IsRunning).Concat(jobs.Where(static job => !job.IsRunning).Reverse()).Take(MaxListed)
            .Select(static job => $"{job.Id} ({(job.IsRunning ? "runs" : $"ended with {job.ExitCode}")}: {ToolText.Cut(ToolText.OneLine(job.Description), 20)})");
        return CommandAnswer.Fail(
            $"There is no job {ToolText.Quote(ToolText.Cut(jobId, 80))} in this sandbox. " + (jobs.Count == 0 ? $"It has none.{Start}" : $"Its jobs: {string.Join(", ", listed)}."));
    }

    private static string Advice(string? tool, string purpose, string before = " ", string after = ".") =>
        tool is null ? "" : $"{before}use {tool} to {purpose}{after}";
}
