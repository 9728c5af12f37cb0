using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>
/// The functions as a model sees them: names, arguments and descriptions, and what it is told of arguments that can't be used. Models know these names
/// and arguments from other agents, so the arguments are spelled as those are.
/// </summary>
internal sealed class SandboxFunctions(SandboxSource source, TimeSpan commandTimeout)
{
    private readonly SeenFiles _seen = new();
    private readonly TimeSpan _maxTimeout = commandTimeout > ToolLimits.CommandTimeout ? commandTimeout : ToolLimits.CommandTimeout;

    public IEnumerable<AITool> Create()
    {
        var life = source.Life == SandboxLife.PerCall ? " Each call has a new sandbox: nothing is kept from one call to the next." : "";
        yield return Create(
            BashAsync,
            "bash",
            "Runs a command line in the sandbox with bash, or sh where there is none. Answers with its exit code, then stdout and stderr in order, "
            + $"at most {ToolLimits.OutputChars} characters with the middle left out. No terminal and no input. Killed after {Seconds(commandTimeout)} s unless "
            + $"timeout_seconds says otherwise; start servers in the background with their output in a file.{life}");
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
    }

    private Task<string> BashAsync(
        [Description("Command line; may have several lines.")] string command,
        [Description("Seconds after which it is killed.")] int? timeout_seconds = null,
        [Description("Directory to run in; default: the sandbox's working directory.")] string? workdir = null,
        CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrWhiteSpace(command))
        {
            return Refuse("bash was not run: command is empty.");
        }

        if ((PathProblem("workdir", workdir) ?? TextProblem("command", command, ToolLimits.CommandBytes)) is { } problem)
        {
            return Refuse($"bash was not run: {problem}.");
        }

        if (timeout_seconds is <= 0)
        {
            return Refuse($"bash was not run: timeout_seconds is {timeout_seconds}; it has to be from 1 to {Seconds(_maxTimeout)}.");
        }

        var isTooLong = timeout_seconds > _maxTimeout.TotalSeconds;
        var timeout = timeout_seconds is null ? commandTimeout : isTooLong ? _maxTimeout : TimeSpan.FromSeconds(timeout_seconds.Value);
        var note = isTooLong ? $"timeout_seconds was lowered to {Seconds(_maxTimeout)}, the longest there is" : null;
        return source.UseAsync("bash", sandbox => BashTool.RunAsync(sandbox, command, timeout, workdir, note, cancellationToken), cancellationToken);
    }

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
        if ((PathProblem("path", path) ?? TextProblem("pattern", pattern, ToolLimits.GlobPatternBytes)) is { } problem)
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
        if ((PathProblem("path", path) ?? TextProblem("pattern", pattern, ToolLimits.PatternBytes) ?? TextProblem("glob", glob, ToolLimits.GlobPatternBytes)) is { } problem)
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

    private Task<string> UseFilesAsync(string tool, Func<FileToolContext, Task<ToolReply>> work, CancellationToken cancellationToken) => source.UseAsync(
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
        : PathProblem("file_path", path) is { } problem ? $"{problem}."
        : null;

    private static string? PathProblem(string name, string? path) => TextProblem(name, string.IsNullOrEmpty(path) ? null : path, ToolLimits.PathBytes - 1);

    /// <summary>Why a text can't be an argument of a program; null where it can, or where there is none.</summary>
    private static string? TextProblem(string name, string? text, int maxBytes) => text switch
    {
        null => null,
        "" => $"{name} is empty",
        _ when text.Contains('\0', StringComparison.Ordinal) => $"{name} holds a NUL character, which no program can be given",
        _ when Encoding.UTF8.GetByteCount(text) is var bytes && bytes > maxBytes => $"{name} has {bytes} bytes; at most {maxBytes} are taken",
        _ => null,
    };

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
