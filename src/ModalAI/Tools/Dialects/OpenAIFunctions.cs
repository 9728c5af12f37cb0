using System.ComponentModel;

namespace ModalAI.Tools.Dialects;

/// <summary>The functions that OpenAI's models know from their own agents, with their arguments.</summary>
internal sealed class OpenAIFunctions(ToolKit kit)
{
    private const string ExecCommand = "exec_command";
    private const string WriteStdin = "write_stdin";
    private const string ApplyPatch = "apply_patch";
    private const string ViewImage = "view_image";

    /// <summary>How a call writes the character that Ctrl-C types.</summary>
    private const string Interrupt = @"\u0003";

    /// <summary>About how many characters a token has.</summary>
    private const int TokenChars = 4;

    /// <summary>Fewer characters would show nothing of use.</summary>
    private const int MinOutputChars = 1_000;

    private const string PatchDescription =
        """
        Changes files, all that the patch names or none. The patch stands between the lines '*** Begin Patch' and '*** End Patch', and has for each file one of:
        '*** Add File: PATH', then the lines of the new file, each behind '+';
        '*** Delete File: PATH';
        '*** Update File: PATH', for a new name '*** Move to: PATH', then changes: '@@', or '@@ ' and a line above the change such as its function's, then the lines, each behind ' ' (as it is, about 3 on both sides), '-' (old) or '+' (new).
        Example:
        *** Begin Patch
        *** Update File: src/a.py
        @@ def f(x):
             y = x
        -    return y
        +    return y + 1
        *** End Patch
        """;

    public static ToolDialect Dialect { get; } = new(
        [
            new(ExecCommand, ModalToolEffect.Runs),
            new(WriteStdin, ModalToolEffect.Runs, ToolNeed.Jobs),
            new(ApplyPatch, ModalToolEffect.Writes),
            new(ViewImage, ModalToolEffect.Reads, ToolNeed.InlineMedia),
            ToolDialect.Publish,
        ],
        static names => new ToolWords
        {
            Read = names.InShell(ExecCommand, "grep -n, sed -n"),
            Write = names[ApplyPatch] ?? names.InShell(ExecCommand, "cat"),
            Edit = names[ApplyPatch] ?? names.InShell(ExecCommand, "sed"),
            Glob = names.InShell(ExecCommand, "find"),
            Grep = null,
            Shell = names[ExecCommand],
            List = names.InShell(ExecCommand, "ls"),
            View = names[ViewImage] ?? names.InShell(ExecCommand, "file, od -c, strings"),
            ReadJob = names[WriteStdin],
            KillJob = names[WriteStdin] is { } write ? $"{write} with {Interrupt}" : null,
            Sessions = names[WriteStdin] is { } follow
                ? $"A command that still runs after its yield_time_ms goes on as a job, without a time limit; follow it with {follow}, do not start it again."
                : null,
            Timeout = null,
            Background = null,
            OpenInput = "tty=true",
            Since = null,
            Command = "cmd",
            Directory = "workdir",
            ReplaceAll = null,
        },
        static kit => new OpenAIFunctions(kit).Create());

    private IEnumerable<ToolMethod> Create()
    {
        var exec = "Runs a command line in the sandbox. Answers with its exit code, then stdout and stderr in order, "
            + $"at most {kit.Options.MaxOutputChars} characters with the middle left out.";
        yield return kit.Names[WriteStdin] is { } write
            ? new(
                ExecCommand,
                ExecAsync,
                $"{exec} What still runs after yield_time_ms goes on as a job, whose id is the session_id of {write}, until it ends; so start servers. No input, unless tty is true.")
            : new(ExecCommand, ExecOnceAsync, $"{exec} No terminal and no input. Killed after {ToolKit.Seconds(kit.Settings.Timeout)} s.{kit.Life}");
        yield return new(
            WriteStdin,
            WriteStdinAsync,
            $"Types into a session that was started with tty, and shows what it has printed since the last answer; without chars only shows it. {Interrupt} (Ctrl-C) interrupts "
            + "what runs on a terminal, and ends any other session.");
        yield return new(ApplyPatch, ApplyPatchAsync, PatchDescription + kit.Life);
        yield return new(ViewImage, ViewImageAsync, "Shows an image: PNG, JPEG, GIF or WebP.");
        yield return new(ToolDialect.PublishName, PublishAsync, "Gives a file of the sandbox to the user.");
    }

    private Task<string> ExecAsync(
        [Description("Command line; may have several lines.")] string cmd,
        [Description("Directory to run in; default: the working directory.")] string? workdir = null,
        [Description("Shell, by name or path; default: bash, or sh where there is none.")] string? shell = null,
        [Description("Have the shell read its profile.")] bool login = false,
        [Description("Run it on a terminal, with input.")] bool tty = false,
        [Description("Milliseconds to wait for its end.")] int yield_time_ms = 10_000,
        [Description("Most tokens of output to show.")] int? max_output_tokens = null,
        CancellationToken cancellationToken = default) =>
        FindProblem(yield_time_ms, max_output_tokens) is { } problem
            ? kit.Refuse(ExecCommand, problem)
            : kit.RunAsync(
                ExecCommand,
                CreateCall(cmd, workdir, shell, login, max_output_tokens) with
                {
                    HasTerminal = tty,
                    KeepsInputOpen = tty,
                    IsSession = true,
                    YieldAfter = Min(TimeSpan.FromMilliseconds(yield_time_ms), kit.Settings.MaxTimeout),
                },
                cancellationToken);

    private Task<string> ExecOnceAsync(
        [Description("Command line; may have several lines.")] string cmd,
        [Description("Directory to run in; default: the working directory.")] string? workdir = null,
        [Description("Shell, by name or path; default: bash, or sh where there is none.")] string? shell = null,
        [Description("Have the shell read its profile.")] bool login = false,
        [Description("Most tokens of output to show.")] int? max_output_tokens = null,
        CancellationToken cancellationToken = default) =>
        FindProblem(yieldTime: 0, max_output_tokens) is { } problem
            ? kit.Refuse(ExecCommand, problem)
            : kit.RunAsync(ExecCommand, CreateCall(cmd, workdir, shell, login, max_output_tokens), cancellationToken);

    private Task<string> WriteStdinAsync(
        [Description("Id of the session.")] string session_id,
        [Description("What to type; end lines with a line break.")] string chars = "",
        [Description("Milliseconds to wait for output, or for its end.")] int yield_time_ms = 250,
        [Description("Most tokens of output to show.")] int? max_output_tokens = null,
        CancellationToken cancellationToken = default) =>
        FindProblem(yield_time_ms, max_output_tokens) is { } problem
            ? kit.Refuse(WriteStdin, problem)
            : kit.UseJobAsync(
                WriteStdin,
                (sandbox, jobs) => jobs.WriteAsync(
                    sandbox,
                    session_id,
                    chars,
                    endsInput: false,
                    TimeSpan.FromMilliseconds(yield_time_ms),
                    Chars(max_output_tokens),
                    cancellationToken,
                    gathers: true),
                cancellationToken);

    private Task<string> ApplyPatchAsync([Description("The patch.")] string input, CancellationToken cancellationToken = default) =>
        kit.PatchAsync(ApplyPatch, input, cancellationToken);

    private Task<object> ViewImageAsync(
        [Description("Path of the file, absolute or from the working directory.")] string path, CancellationToken cancellationToken = default) =>
        kit.ViewAsync(ViewImage, "path", path, cancellationToken);

    private Task<string> PublishAsync(
        [Description("Path of the file, absolute or from the working directory.")] string path, CancellationToken cancellationToken = default) =>
        kit.PublishAsync(path, cancellationToken);

    private CommandCall CreateCall(string cmd, string? workdir, string? shell, bool login, int? maxOutputTokens) => new(cmd)
    {
        WorkingDirectory = string.IsNullOrEmpty(workdir) ? null : workdir,
        Shell = string.IsNullOrEmpty(shell) ? null : shell,
        IsLogin = login,
        MaxOutputChars = Chars(maxOutputTokens),
    };

    private int? Chars(int? tokens) => tokens is { } count ? (int)Math.Clamp((long)count * TokenChars, MinOutputChars, kit.Options.MaxOutputChars) : null;

    private static string? FindProblem(int yieldTime, int? maxOutputTokens) =>
        ToolKit.OfCount("yield_time_ms", yieldTime, 0) ?? (maxOutputTokens is { } tokens ? ToolKit.OfCount("max_output_tokens", tokens, 1) : null);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
