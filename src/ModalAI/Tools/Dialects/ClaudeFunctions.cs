using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModalAI.Tools.Dialects;

/// <summary>The functions that Claude knows from its own tools, with their arguments.</summary>
internal sealed class ClaudeFunctions(ToolKit kit)
{
    private const string Bash = "bash";
    private const string Read = "read";
    private const string Write = "write";
    private const string Edit = "edit";
    private const string MultiEdit = "multi_edit";
    private const string Glob = "glob";
    private const string Grep = "grep";
    private const string BashOutput = "bash_output";
    private const string BashInput = "bash_input";
    private const string KillBash = "kill_bash";

    public static ToolDialect Dialect { get; } = new(
        [
            new(Bash, ModalToolEffect.Runs),
            new(Read, ModalToolEffect.Reads),
            new(Write, ModalToolEffect.Writes),
            new(Edit, ModalToolEffect.Writes),
            new(MultiEdit, ModalToolEffect.Writes),
            new(Glob, ModalToolEffect.Reads),
            new(Grep, ModalToolEffect.Reads),
            new(BashOutput, ModalToolEffect.Reads, ToolNeed.Jobs),
            new(BashInput, ModalToolEffect.Runs, ToolNeed.Jobs),
            new(KillBash, ModalToolEffect.Runs, ToolNeed.Jobs),
            ToolDialect.Publish,
        ],
        static names => new ToolWords
        {
            Read = names[Read] ?? names.InShell(Bash, "cat -n, sed -n"),
            Write = names[Write] ?? names.InShell(Bash, "cat"),
            Edit = names[Edit] ?? names[MultiEdit] ?? names.InShell(Bash, "sed"),
            Glob = names[Glob] ?? names.InShell(Bash, "find"),
            Grep = names[Grep] ?? names.InShell(Bash, "grep"),
            Shell = names[Bash],
            List = names.InShell(Bash, "ls") ?? names[Glob],
            View = names.InShell(Bash, "file, od -c, strings"),
            ReadJob = names[BashOutput],
            KillJob = names[KillBash],
        },
        static kit => new ClaudeFunctions(kit).Create());

    private IEnumerable<ToolMethod> Create()
    {
        var (names, options) = (kit.Names, kit.Options);
        var bash = "Runs a command line in the sandbox with bash, or sh where there is none. Answers with its exit code, then stdout and stderr in order, "
            + $"at most {options.MaxOutputChars} characters with the middle left out. No terminal and no input. Killed after {ToolKit.Seconds(kit.Settings.Timeout)} s unless "
            + "timeout_seconds says otherwise";
        var yields = kit.Settings.YieldAfter is { } time ? $"; without timeout_seconds, what still runs after {ToolKit.Seconds(time)} s goes on as a job" : "";
        yield return names[BashOutput] is not null || names[KillBash] is not null
            ? new(Bash, BashAsync, $"{bash}{yields}. Start servers with run_in_background.")
            : new(Bash, BashOnceAsync, $"{bash}.{kit.Life}");
        var media = options.InlineMedia ? " Images are shown." : "";
        yield return new(
            Read, ReadAsync, $"Reads a text file with numbered lines, at most {ToolLimits.ReadLines} lines or {(options.MaxReadBytes + 1023) / 1024} KB. The answer says how to go on.{media}");
        yield return new(
            Write,
            WriteAsync,
            $"Writes a text file, replacing what is in it; makes missing directories.{(names[Edit] is { } edit ? $" To change a part of a file use {edit}." : "")}{kit.Life}");
        yield return new(
            Edit,
            EditAsync,
            "Replaces exact text in a file and shows the changed lines. old_string must occur once, unless replace_all is true. "
            + $"Line numbers are not part of the text.{kit.Life}");
        yield return new(
            MultiEdit, MultiEditAsync, "Makes several edits in one file, one after the other: all or none. Each replaces exact text as a single one does." + kit.Life);
        yield return new(Glob, GlobAsync, $"Finds files by name, newest first, at most {ToolLimits.GlobFiles}. Knows **, *, ? and {{a,b}}; skips .git.");
        yield return new(
            Grep,
            GrepAsync,
            $"Searches file contents for a regular expression, line by line; skips binary files and .git. At most {ToolLimits.GrepMatches} results unless limit says otherwise.");
        yield return new(BashOutput, BashOutputAsync, "Shows how a job stands and what it has printed since the last answer.");
        yield return new(BashInput, BashInputAsync, "Gives a job that was started with run_in_background input, and shows what it prints upon that.");
        yield return new(KillBash, KillBashAsync, "Ends a job with all that it has started.");
        yield return new(ToolDialect.PublishName, PublishAsync, "Gives a file of the sandbox to the user.");
    }

    private Task<string> BashAsync(
        [Description("Command line; may have several lines.")] string command,
        [Description("Seconds after which it is killed.")] int? timeout_seconds = null,
        [Description("Directory to run in; default: the working directory.")] string? workdir = null,
        [Description("Run it as a job: the answer has its bash_id, and it runs on without a time limit.")] bool run_in_background = false,
        CancellationToken cancellationToken = default) => kit.RunAsync(
            Bash,
            new CommandCall(command)
            {
                Timeout = timeout_seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                WorkingDirectory = string.IsNullOrEmpty(workdir) ? null : workdir,
                InBackground = run_in_background,
                KeepsInputOpen = run_in_background && kit.Names[BashInput] is not null,
            },
            cancellationToken);

    private Task<string> BashOnceAsync(
        [Description("Command line; may have several lines.")] string command,
        [Description("Seconds after which it is killed.")] int? timeout_seconds = null,
        [Description("Directory to run in; default: the working directory.")] string? workdir = null,
        CancellationToken cancellationToken = default) =>
        BashAsync(command, timeout_seconds, workdir, run_in_background: false, cancellationToken);

    private Task<string> BashOutputAsync(
        [Description("Id of the job.")] string bash_id,
        [Description("Byte to start at; default: where the last answer has ended.")] long? since = null,
        [Description("Seconds to wait for its end.")] int wait_seconds = 0,
        CancellationToken cancellationToken = default) => kit.UseJobAsync(
            BashOutput,
            (sandbox, jobs) => jobs.ReadAsync(sandbox, bash_id, since, TimeSpan.FromSeconds(Math.Max(0, wait_seconds)), maxOutputChars: null, cancellationToken),
            cancellationToken);

    private Task<string> BashInputAsync(
        [Description("Id of the job.")] string bash_id,
        [Description("Input; end lines with a line break.")] string input,
        [Description("End the input after it.")] bool end = false,
        [Description("Seconds to wait for output.")] int wait_seconds = 1,
        CancellationToken cancellationToken = default) => kit.UseJobAsync(
            BashInput,
            (sandbox, jobs) => jobs.WriteAsync(
                sandbox, bash_id, input, end, TimeSpan.FromSeconds(Math.Max(0, wait_seconds)), maxOutputChars: null, cancellationToken),
            cancellationToken);

    private Task<string> KillBashAsync([Description("Id of the job.")] string bash_id, CancellationToken cancellationToken = default) =>
        kit.UseJobAsync(KillBash, (sandbox, jobs) => jobs.KillAsync(sandbox, bash_id, cancellationToken), cancellationToken);

    private Task<object> ReadAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("Number of the first line, from 1.")] int offset = 1,
        [Description("How many lines.")] int limit = ToolLimits.ReadLines,
        CancellationToken cancellationToken = default) => kit.ReadAsync(Read, "file_path", file_path, "offset", offset, "limit", limit, cancellationToken);

    private Task<string> WriteAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("All that the file is to hold.")] string content,
        CancellationToken cancellationToken = default) => kit.WriteAsync(Write, "file_path", file_path, content, mayReplace: true, cancellationToken);

    private Task<string> EditAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("Text to replace, exactly as in the file.")] string old_string,
        [Description("Text to put there.")] string new_string,
        [Description("Replace every occurrence.")] bool replace_all = false,
        CancellationToken cancellationToken = default) =>
        kit.EditAsync(Edit, "file_path", file_path, [new TextEdit(old_string, new_string, replace_all)], cancellationToken);

    private Task<string> MultiEditAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("The edits, in their order.")] TextEdit[] edits,
        CancellationToken cancellationToken = default) => kit.EditAsync(MultiEdit, "file_path", file_path, edits, cancellationToken);

    private Task<string> GlobAsync(
        [Description("Such as **/*.py or src/*.{ts,tsx}.")] string pattern,
        [Description("Directory to search in; default: the sandbox's working directory.")] string? path = null,
        CancellationToken cancellationToken = default) => kit.GlobAsync(Glob, pattern, "path", path, cancellationToken);

    private Task<string> GrepAsync(
        [Description("Regular expression.")] string pattern,
        [Description("File or directory to search; default: the sandbox's working directory.")] string? path = null,
        [Description("Only files whose names match, such as *.py.")] string? glob = null,
        [Description("content gives lines with numbers, count their number in each file.")]
        [AllowedValues(GrepModes.Files, GrepModes.Content, GrepModes.Count)]
        string output_mode = GrepModes.Files,
        [Description("Ignore upper and lower case.")] bool ignore_case = false,
        [Description("Lines to show around each, with content.")] int context = 0,
        [Description("Most results.")] int limit = ToolLimits.GrepMatches,
        CancellationToken cancellationToken = default)
    {
        if (GrepModes.Parse(output_mode) is not { } mode)
        {
            return kit.Refuse(Grep, GrepModes.Describe("output_mode", output_mode));
        }

        var query = new GrepQuery(pattern)
        {
            Path = path,
            Glob = glob,
            Mode = mode,
            IgnoreCase = ignore_case,
            LinesBefore = context,
            LinesAfter = context,
            MaxResults = limit,
        };
        return kit.GrepAsync(Grep, query, "pattern", "path", "glob", cancellationToken);
    }

    private Task<string> PublishAsync(
        [Description("Path of the file, absolute or from the working directory.")] string path, CancellationToken cancellationToken = default) =>
        kit.PublishAsync(path, cancellationToken);
}
