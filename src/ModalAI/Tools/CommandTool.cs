using System.Globalization;
using System.Text;
using ModalAI.Sandboxes;

namespace ModalAI.Tools;

/// <summary>Runs command lines in a sandbox's shell, whatever a set of tools calls that. Thread-safe.</summary>
/// <param name="settings">How commands run.</param>
/// <param name="facts">What is known of the sandboxes.</param>
/// <param name="words">How texts name the tools.</param>
/// <param name="cursors">How far the output of each job was read.</param>
internal sealed class CommandTool(CommandSettings settings, SandboxFacts facts, ToolWords words, JobCursors cursors)
{
    /// <summary>The longest time limit that a call can give: also longer than usual where the application says so, but no longer than the sandbox lives.</summary>
    public TimeSpan MaxTimeout { get; } = Min(settings.MaxTimeout > settings.Timeout ? settings.MaxTimeout : settings.Timeout, facts.Lifetime);

    private TimeSpan UsualTimeout => Min(settings.Timeout, facts.Lifetime);

    /// <summary>Why a call can't be run; null where it can.</summary>
    public string? FindProblem(CommandCall call)
    {
        var problem = call switch
        {
            { Command: var command } when string.IsNullOrWhiteSpace(command) => $"{words.Command} is empty",
            { Timeout: { } timeout } when timeout <= TimeSpan.Zero =>
                $"{words.Timeout ?? "the time limit"} is {timeout.TotalSeconds:0.###}; it has to be from 1 to {Seconds(MaxTimeout)}",
            _ => ToolProblems.OfPath(words.Directory, call.WorkingDirectory) ?? FindProblem(call.Command)
                ?? ToolProblems.OfPath("shell", call.Shell),
        };
        return problem is null ? null : $"{words.Shell} was not run: {problem}.";
    }

    /// <summary>
    /// Runs a command line to its end, or until it goes on as a job. The time limit ends the command and nothing else.
    /// </summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Kills the command, and throws.</param>
    public async Task<CommandAnswer> RunAsync(ModalSandbox sandbox, CommandCall call, CancellationToken cancellationToken)
    {
        if (FindProblem(call) is { } problem)
        {
            return CommandAnswer.Fail(problem);
        }

        var timeout = GetTimeout(call);
        var command = call.Program ?? await ShellScript.CreateAsync(sandbox, call, settings, cancellationToken).ConfigureAwait(false);
        var execId = SandboxCommands.NewId();
        if (call.InBackground && !await AddJobAsync(cancellationToken).ConfigureAwait(false))
        {
            var advice = words.KillJob is { } kill ? $" End one with {kill}, or wait for one to end." : "";
            return CommandAnswer.Fail($"{words.Shell} was not run: {ToolText.Count(settings.MaxJobs, "job is", "jobs are")} running, the most that may.{advice}");
        }

        var maxChars = (call.MaxOutputChars ?? settings.MaxOutputChars) / (call.SeparatesError ? 2 : 1);
        var output = new OutputWindow(maxChars, settings.MaxLineChars);
        var error = call.SeparatesError ? new OutputWindow(maxChars, settings.MaxLineChars) : null;
        var yieldAfter = call.InBackground ? settings.JobPatience : call.YieldAfter ?? (call.Timeout is null ? settings.YieldAfter : null);
        var run = await RunAsync().ConfigureAwait(false);
        if (!run.TimedOut)
        {
            await KilledCommand.ThrowIfSandboxEndedAsync(sandbox, run.ExitCode, cancellationToken).ConfigureAwait(false);
        }

        var answer = Read(run, call, output, error);
        if (answer.JobId is not null)
        {
            cursors.Set(execId, answer.NextOffset);
        }

        answer = answer with { LogPath = await SaveAsync(sandbox, execId, answer, cancellationToken).ConfigureAwait(false) };
        return Tell(answer, call, await FailureHints.DescribeAsync(sandbox, answer, facts, cancellationToken).ConfigureAwait(false));

        Task<bool> AddJobAsync(CancellationToken cancellationToken) =>
            sandbox.Processes.TryAddAsync(execId, command, call.Command, settings.MaxJobs, cancellationToken);

        async Task<CommandRun> RunAsync()
        {
            var plan = new CommandPlan
            {
                Output = CommandProgress.Observe(output),
                Error = error is null ? null : CommandProgress.Observe(error, isError: true),
                Input = command.StandardInput,
                KeepsInputOpen = call.KeepsInputOpen,
                Patience = yieldAfter ?? TimeSpan.Zero,
                WaitLimit = call.IsSession ? UsualTimeout : null,
                LeaveAsync = call.InBackground ? static _ => Task.FromResult(true) : yieldAfter is null || call.SeparatesError ? null : AddJobAsync,
            };
            try
            {
                return await sandbox.Commands.RunAsync(
                    command with { Timeout = timeout ?? Timeout.InfiniteTimeSpan }, execId, plan, cancellationToken).ConfigureAwait(false);
            }
            catch when (call.InBackground)
            {
                sandbox.Processes.Remove(execId);
                throw;
            }
        }
    }

    /// <summary>How a command stands, with what is shown of its output.</summary>
    internal static CommandAnswer Read(CommandRun run, CommandCall call, OutputWindow output, OutputWindow? error) => new("")
    {
        Output = output.GetView(),
        Error = error?.GetView(),
        ExitCode = run.ExitCode,
        TimedOut = run.TimedOut,
        Duration = run.Duration,
        IsRunning = run.ExitCode is null,
        JobId = run.ExitCode is null || call.InBackground ? run.ExecId : null,
        NextOffset = output.TotalBytes,
    };

    /// <summary>The answer with its status.</summary>
    internal CommandAnswer Tell(CommandAnswer answer, CommandCall call, IEnumerable<string> hints)
    {
        List<string> status = [Describe(answer, GetTimeout(call) ?? (answer.TimedOut ? UsualTimeout : null)), .. OutputNotices.Describe(answer, settings, words), .. hints];
        if (IsLowered(call))
        {
            status.Add($"{words.Timeout ?? "the time limit"} was lowered to {Seconds(MaxTimeout)}, the longest there is");
        }

        return answer with { Status = ToolText.Cut(ToolText.OneLine(string.Join("; ", status)), ToolLimits.ErrorChars) };
    }

    private bool IsLowered(CommandCall call) => !call.InBackground && call.Timeout > MaxTimeout;

    private TimeSpan? GetTimeout(CommandCall call) => IsLowered(call) ? MaxTimeout : call.Timeout ?? (call.InBackground || call.IsSession ? null : UsualTimeout);

    private string? FindProblem(string command)
    {
        var isLong = Encoding.UTF8.GetByteCount(command) > ToolLimits.CommandBytes;
        return ToolProblems.OfText(words.Command, command, ToolLimits.CommandBytes) is { } problem
            ? problem + (isLong && words.Write is { } write ? $"; put it into a file with {write}, then run that" : "")
            : null;
    }

    /// <summary>How it stands, in a few words.</summary>
    private string Describe(CommandAnswer answer, TimeSpan? timeout)
    {
        var limit = timeout is { } time ? $"{Seconds(time)} s" : null;
        var took = string.Create(CultureInfo.InvariantCulture, $"{answer.Duration.TotalSeconds:0.#} s");
        return answer switch
        {
            { IsRunning: true } =>
                $"still running after {took} as job {answer.JobId}, not killed; its output so far is below{OutputNotices.OfJob(words)}"
                + (limit is null ? "" : $"; its limit is {limit}"),
            { TimedOut: true } =>
                $"timed out: killed after {limit}, its limit; its output until then is below, the sandbox and its files are as they were{Longer()}",
            { ExitCode: KilledCommand.ExitCode } =>
                $"exit code 137: killed by signal 9 after {took}, {(limit is null ? "with no limit of time" : $"before its limit of {limit}")}; "
                + (facts.MemoryLimitMiB is { } memory ? $"it has likely run out of memory, of which there are {memory} MiB" : "it may have run out of memory"),
            _ => $"exit code {answer.ExitCode}",
        };
    }

    private string Longer()
    {
        string?[] ways =
        [
            words.Timeout is { } longer ? $"give a longer {longer}, at most {Seconds(MaxTimeout)}" : null,
            words.Background is { } background && settings.IsSandboxKept ? $"run it with {background}" : null,
            "do less at once",
        ];
        return "; " + string.Join(", or ", ways.Where(static way => way is not null));
    }

    /// <summary>Puts what could not be shown into a file; null where nothing is missing, or where nobody could read it.</summary>
    private async Task<string?> SaveAsync(ModalSandbox sandbox, string execId, CommandAnswer answer, CancellationToken cancellationToken) =>
        !answer.IsTruncated || !settings.IsSandboxKept ? null
        : answer.Output!.IsTruncated
            ? await OutputLog.SaveAsync(sandbox, execId, 0, answer.Output.TotalBytes, standardError: false, cancellationToken).ConfigureAwait(false)
            : await OutputLog.SaveAsync(sandbox, execId, 0, answer.Error!.TotalBytes, standardError: true, cancellationToken).ConfigureAwait(false);

    private static TimeSpan Min(TimeSpan time, TimeSpan? other) => other < time ? other.Value : time;

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
