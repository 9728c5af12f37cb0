using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>
/// The functions as a model sees them: names, arguments and descriptions, and what it is told of arguments that can't be used. Models know these names
/// and arguments from other agents, so the arguments are spelled as those are.
/// </summary>
internal sealed class SandboxFunctions
{
    private readonly SandboxSource _source;
    private readonly CommandSettings _settings;
    private readonly CommandTool _commands;
    private readonly JobTool _jobs;
    private readonly SeenFiles _seen = new();

    /// <param name="source">Where the sandbox of a call comes from.</param>
    /// <param name="commandTimeout">Time limit of commands for which the model gives none.</param>
    /// <param name="facts">What is known of the sandboxes.</param>
    /// <param name="cursors">How far the output of each job was read.</param>
    public SandboxFunctions(SandboxSource source, TimeSpan commandTimeout, SandboxFacts facts, JobCursors cursors)
    {
        _source = source;
        var hasJobs = source.Life != SandboxLife.PerCall;
        _settings = new CommandSettings { Timeout = commandTimeout, IsSandboxKept = hasJobs };
        _settings = hasJobs ? _settings : _settings with { YieldAfter = null };
        var words = hasJobs ? new CommandWords() : new CommandWords { Background = null, ReadJob = null, KillJob = null };
        _commands = new CommandTool(_settings, facts, words, cursors);
        _jobs = new JobTool(_settings, words, cursors);
    }

    /// <summary>Names of the functions where a sandbox outlives the call.</summary>
    public static IReadOnlyList<string> Names { get; } = ["bash", "read", "write", "edit", "glob", "grep", "bash_output", "kill_bash"];

    public IEnumerable<AITool> Create()
    {
        var hasJobs = _settings.IsSandboxKept;
        var life = _source.Life == SandboxLife.PerCall ? " Each call has a new sandbox: nothing is kept from one call to the next." : "";
        var bash = "Runs a command line in the sandbox with bash, or sh where there is none. Answers with its exit code, then stdout and stderr in order, "
            + $"at most {ToolLimits.OutputChars} characters with the middle left out. No terminal and no input. Killed after {Seconds(_settings.Timeout)} s unless timeout_seconds says otherwise";
        yield return hasJobs
            ? Create(
                BashAsync,
                "bash",
                $"{bash}; without timeout_seconds, what still runs after {Seconds(_settings.YieldAfter!.Value)} s goes on as a job. Start servers with run_in_background.")
            : Create(BashOnceAsync, "bash", $"{bash}.{life}");
        yield return Create(
            ReadAsync,
            "read",
            $"Reads a text file with numbered lines, at most {ToolLimits.ReadLines} lines or {ToolLimits.ReadBytes / 1024} KB. The answer says how to go on.");
        yield return Create(WriteAsync, "write", "Writes a text file, replacing what is in it; makes missing directories. To change a part of a file use edit." + life);
        yield return Create(
            EditAsync,
            "edit",
            "Replaces exact text in a file and shows the changed lines. old_string must occur once, unless replace_all is true. "
            + $"Line numbers of read are not part of the text.{life}");
        yield return Create(GlobAsync, "glob", $"Finds files by name, newest first, at most {ToolLimits.GlobFiles}. Knows **, *, ? and {{a,b}}; skips .git.");
        yield return Create(
            GrepAsync,
            "grep",
            $"Searches file contents for a regular expression, line by line; skips binary files and .git. At most {ToolLimits.GrepMatches} results.");
        if (hasJobs)
        {
            yield return Create(BashOutputAsync, "bash_output", "Shows how a job stands and what it has printed since the last answer.");
            yield return Create(KillBashAsync, "kill_bash", "Ends a job with all that it has started.");
        }
    }

    private Task<string> BashAsync(
        [Description("Command line; may have several lines.")] string command,
        [Description("Seconds after which it is killed.")] int? timeout_seconds = null,
        [Description("Directory to run in; default: the sandbox's working directory.")] string? workdir = null,
        [Description("Run it as a job: the answer has its bash_id, and it runs on without a time limit.")] bool run_in_background = false,
        CancellationToken cancellationToken = default)
    {
        var call = new CommandCall(command)
        {
            Timeout = timeout_seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            WorkingDirectory = string.IsNullOrEmpty(workdir) ? null : workdir,
            InBackground = run_in_background,
        };
        return _commands.FindProblem(call) is { } problem
            ? Refuse(problem)
            : _source.UseAsync("bash", async sandbox => (await _commands.RunAsync(sandbox, call, cancellationToken).ConfigureAwait(false)).Text, cancellationToken);
    }

    private Task<string> BashOnceAsync(
        [Description("Command line; may have several lines.")] string command,
        [Description("Seconds after which it is killed.")] int? timeout_seconds = null,
        [Description("Directory to run in; default: the sandbox's working directory.")] string? workdir = null,
        CancellationToken cancellationToken = default) =>
        BashAsync(command, timeout_seconds, workdir, run_in_background: false, cancellationToken);

    private Task<string> BashOutputAsync(
        [Description("Id of the job.")] string bash_id,
        [Description("Byte to start at; default: where the last answer has ended.")] int? since = null,
        [Description("Seconds to wait for its end.")] int wait_seconds = 0,
        CancellationToken cancellationToken = default) =>
        _source.UseAsync(
            "bash_output",
            async sandbox => (await _jobs.ReadAsync(
                sandbox, bash_id, since, TimeSpan.FromSeconds(Math.Max(0, wait_seconds)), maxOutputChars: null, cancellationToken).ConfigureAwait(false)).Text,
            cancellationToken);

    private Task<string> KillBashAsync([Description("Id of the job.")] string bash_id, CancellationToken cancellationToken = default) =>
        _source.UseAsync(
            "kill_bash", async sandbox => (await _jobs.KillAsync(sandbox, bash_id, cancellationToken).ConfigureAwait(false)).Text, cancellationToken);

    private Task<string> ReadAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("Number of the first line, from 1.")] int offset = 1,
        [Description("How many lines.")] int limit = ToolLimits.ReadLines,
        CancellationToken cancellationToken = default)
    {
        if (FileProblem(file_path) is { } problem)
        {
            return Refuse(problem);
        }

        return offset < 0 || limit < 1
            ? Refuse($"read was not run: offset is {offset} and limit is {limit}; both are counted from 1.")
            : UseFilesAsync("read", files => ReadTool.RunAsync(files, file_path, Math.Max(offset, 1), limit, cancellationToken), cancellationToken);
    }

    private Task<string> WriteAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("All that the file is to hold.")] string content,
        CancellationToken cancellationToken = default)
    {
        if (FileProblem(file_path) is { } problem)
        {
            return Refuse(problem);
        }

        var bytes = ToolText.TryEncode(content)!;
        return UseFilesAsync("write", files => WriteTool.RunAsync(files, file_path, bytes, cancellationToken), cancellationToken);
    }

    private Task<string> EditAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("Text to replace, exactly as in the file.")] string old_string,
        [Description("Text to put there.")] string new_string,
        [Description("Replace every occurrence.")] bool replace_all = false,
        CancellationToken cancellationToken = default)
    {
        if (FileProblem(file_path) is { } problem)
        {
            return Refuse(problem);
        }

        var edit = new FileEdit(ToolText.TryEncode(old_string)!, ToolText.TryEncode(new_string)!, replace_all);
        return edit.FindProblem(ToolWords.Default) is { } pointless
            ? Refuse($"edit was not run: {pointless}")
            : UseFilesAsync("edit", files => EditTool.RunAsync(files, file_path, [edit], cancellationToken), cancellationToken);
    }

    private Task<string> GlobAsync(
        [Description("Such as **/*.py or src/*.{ts,tsx}.")] string pattern,
        [Description("Directory to search in; default: the sandbox's working directory.")] string? path = null,
        CancellationToken cancellationToken = default)
    {
        if ((ToolProblems.OfPath("path", path) ?? ToolProblems.OfText("pattern", pattern, ToolLimits.GlobPatternBytes)) is { } problem)
        {
            return Refuse($"glob was not run: {problem}.");
        }

        return GlobPattern.TryParse(pattern, out var glob, out var unusable)
            ? UseFilesAsync("glob", files => GlobTool.RunAsync(files, pattern, path, glob, cancellationToken), cancellationToken)
            : Refuse($"glob was not run: {unusable}.");
    }

    private Task<string> GrepAsync(
        [Description("Regular expression.")] string pattern,
        [Description("File or directory to search; default: the sandbox's working directory.")] string? path = null,
        [Description("Only files whose names match, such as *.py.")] string? glob = null,
        [Description("content gives lines with numbers, count their number in each file.")]
        [AllowedValues("files_with_matches", "content", "count")]
        string output_mode = "files_with_matches",
        [Description("Ignore upper and lower case.")] bool ignore_case = false,
        CancellationToken cancellationToken = default)
    {
        if ((ToolProblems.OfPath("path", path) ?? ToolProblems.OfText("pattern", pattern, ToolLimits.PatternBytes) ?? ToolProblems.OfText("glob", glob, ToolLimits.GlobPatternBytes)) is { } problem)
        {
            return Refuse($"grep was not run: {problem}.");
        }

        GrepMode? mode = output_mode switch
        {
            "files_with_matches" => GrepMode.FilesWithMatches,
            "content" => GrepMode.Content,
            "count" => GrepMode.Count,
            _ => null,
        };
        if (mode is null)
        {
            return Refuse($"grep was not run: output_mode is {ToolText.Quote(output_mode)}; it can be files_with_matches, content or count.");
        }

        return GlobPattern.TryParse(string.IsNullOrEmpty(glob) ? "*" : glob, out var names, out var unusable)
            ? UseFilesAsync(
                "grep",
                files => GrepTool.RunAsync(
                    files, new GrepQuery(pattern) { Path = path, Glob = glob, Mode = mode.Value, IgnoreCase = ignore_case }, names, cancellationToken),
                cancellationToken)
            : Refuse($"grep was not run: {unusable}.");
    }

    private Task<string> UseFilesAsync(string tool, Func<FileToolContext, Task<ToolReply>> work, CancellationToken cancellationToken) => _source.UseAsync(
        tool, async sandbox => (await work(new FileToolContext(sandbox) { Seen = _seen }).ConfigureAwait(false)).Text, cancellationToken);

    internal static SandboxFunction Create(Delegate method, string name, string description)
    {
        var options = new AIFunctionFactoryOptions
        {
            Name = name,
            Description = description,
            SerializerOptions = ToolJson.SerializerOptions,
            ExcludeResultSchema = true,

            // As text it reaches the model as it is; marshalled to JSON, some chat clients would send it in quotes, with escapes.
            MarshalResult = static (result, _, _) => ValueTask.FromResult(result),
        };
        return new SandboxFunction(AIFunctionFactory.Create(method, options));
    }

    private static Task<string> Refuse(string text) => Task.FromResult(ToolText.Error(text));

    private static string? FileProblem(string path) => path.Length == 0 ? "file_path is empty."
        : path.EndsWith('/') ? $"file_path {ToolText.Quote(path)} names a directory; give the path of a file."
        : ToolProblems.OfPath("file_path", path) is { } problem ? $"{problem}."
        : null;

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
