using System.ComponentModel;

namespace ModalAI.Tools.Dialects;

/// <summary>The functions of Microsoft's Agent Framework for shells, code and files, with their arguments.</summary>
internal sealed class AgentFrameworkFunctions(ToolKit kit)
{
    private const string RunShell = "run_shell";
    private const string ExecuteCode = "execute_code";
    private const string Read = "file_access_read";
    private const string ReadLines = "file_access_read_lines";
    private const string Write = "file_access_write";
    private const string Replace = "file_access_replace";
    private const string ReplaceLines = "file_access_replace_lines";
    private const string Delete = "file_access_delete";
    private const string Ls = "file_access_ls";
    private const string Grep = "file_access_grep";

    public static ToolDialect Dialect { get; } = new(
        [
            new(RunShell, ModalToolEffect.Runs),
            new(ExecuteCode, ModalToolEffect.Runs),
            new(Read, ModalToolEffect.Reads),
            new(ReadLines, ModalToolEffect.Reads),
            new(Write, ModalToolEffect.Writes),
            new(Replace, ModalToolEffect.Writes),
            new(ReplaceLines, ModalToolEffect.Writes),
            new(Delete, ModalToolEffect.Writes),
            new(Ls, ModalToolEffect.Reads),
            new(Grep, ModalToolEffect.Reads),
            ToolDialect.Publish,
        ],
        static names => new ToolWords
        {
            Read = names[Read] ?? names[ReadLines] ?? names.InShell(RunShell, "cat -n, sed -n"),
            Write = names[Write] ?? names.InShell(RunShell, "cat"),
            Edit = names[Replace] ?? names[ReplaceLines] ?? names.InShell(RunShell, "sed"),
            Glob = names.InShell(RunShell, "find") ?? names[Ls],
            Grep = names[Grep] ?? names.InShell(RunShell, "grep"),
            Shell = names[RunShell],
            List = names[Ls] ?? names.InShell(RunShell, "ls"),
            View = names.InShell(RunShell, "file, od -c, strings"),
            ReadJob = null,
            KillJob = null,
            Timeout = null,
            Background = null,
            Since = null,
            OldText = "oldString",
            NewText = "newString",
            ReplaceAll = "replaceAll",
            Overwrite = "overwrite",
            Offset = names[ReadLines] is { } lines ? $"{lines} with startLine" : null,
        },
        static kit => new AgentFrameworkFunctions(kit).Create());

    private IEnumerable<ToolMethod> Create()
    {
        var (options, limit) = (kit.Options, ToolKit.Seconds(kit.Settings.Timeout));
        yield return new(
            RunShell,
            RunShellAsync,
            "Runs a command line in the sandbox with bash, or sh where there is none. Answers with its exit code, then stdout and stderr in order, "
            + $"at most {options.MaxOutputChars} characters with the middle left out. No terminal and no input. Killed after {limit} s.{kit.Life}");
        yield return new(
            ExecuteCode,
            ExecuteCodeAsync,
            "Runs Python code in the sandbox. Answers with its exit code, then what it prints, and the value of a last expression."
            + $"{(kit.HasJobs ? " Only files stay for the next call: import and load again." : "")} Killed after {limit} s.{kit.Life}");
        var media = options.InlineMedia ? " Images are shown." : "";
        yield return new(
            Read,
            ReadAsync,
            $"Reads a text file with numbered lines, from its start, at most {ToolLimits.ReadLines} lines or {(options.MaxReadBytes + 1023) / 1024} KB.{media}");
        yield return new(ReadLines, ReadLinesAsync, "Reads some lines of a text file, with their numbers.");
        yield return new(Write, WriteAsync, "Writes a text file; makes missing directories. A file that exists is left alone, unless overwrite is true." + kit.Life);
        yield return new(
            Replace,
            ReplaceAsync,
            "Replaces exact text in a file and shows the changed lines. oldString must occur once, unless replaceAll is true. "
            + $"Line numbers are not part of the text.{kit.Life}");
        yield return new(ReplaceLines, ReplaceLinesAsync, "Replaces whole lines of a file by their numbers, all or none, and shows the first that has changed." + kit.Life);
        yield return new(Delete, DeleteAsync, "Deletes a file, or a directory that is empty." + kit.Life);
        yield return new(Ls, LsAsync, $"Lists a directory: names with sizes, directories with a slash. At most {ToolLimits.ListedEntries} entries.");
        yield return new(
            Grep,
            GrepAsync,
            "Searches file contents for a regular expression, in upper and lower case, and shows the matching lines with their numbers; skips binary files and .git. "
            + $"At most {ToolLimits.GrepMatches} lines.");
        yield return new(ToolDialect.PublishName, PublishAsync, "Gives a file of the sandbox to the user.");
    }

    private Task<string> RunShellAsync([Description("Command line; may have several lines.")] string command, CancellationToken cancellationToken = default) =>
        kit.RunAsync(RunShell, new CommandCall(command), cancellationToken);

    private Task<string> ExecuteCodeAsync([Description("Python code.")] string code, CancellationToken cancellationToken = default) =>
        kit.RunCodeAsync(ExecuteCode, code, cancellationToken);

    private Task<object> ReadAsync(
        [Description("Path of the file, absolute or from the working directory.")] string fileName, CancellationToken cancellationToken = default) =>
        kit.ReadAsync(Read, "fileName", fileName, "startLine", 1, "endLine", ToolLimits.ReadLines, cancellationToken);

    private async Task<object> ReadLinesAsync(
        [Description("Path of the file, absolute or from the working directory.")] string fileName,
        [Description("Number of the first line, from 1.")] int startLine,
        [Description("Number of the last line; default: as many as one answer takes.")] int? endLine = null,
        CancellationToken cancellationToken = default)
    {
        var problem = ToolKit.OfCount("startLine", startLine, 1) ?? (endLine is { } end ? ToolKit.OfCount("endLine", end, startLine) : null);
        return problem is not null
            ? await kit.Refuse(ReadLines, problem).ConfigureAwait(false)
            : await kit.ReadAsync(
                ReadLines,
                "fileName",
                fileName,
                "startLine",
                startLine,
                "endLine",
                endLine is { } last ? last - startLine + 1 : ToolLimits.ReadLines,
                cancellationToken).ConfigureAwait(false);
    }

    private Task<string> WriteAsync(
        [Description("Path of the file, absolute or from the working directory.")] string fileName,
        [Description("All that the file is to hold.")] string content,
        [Description("Replace a file that exists.")] bool overwrite = false,
        CancellationToken cancellationToken = default) => kit.WriteAsync(Write, "fileName", fileName, content, mayReplace: overwrite, cancellationToken);

    private Task<string> ReplaceAsync(
        [Description("Path of the file, absolute or from the working directory.")] string fileName,
        [Description("Text to replace, exactly as in the file.")] string oldString,
        [Description("Text to put there.")] string newString,
        [Description("Replace every occurrence.")] bool replaceAll = false,
        CancellationToken cancellationToken = default) =>
        kit.EditAsync(Replace, "fileName", fileName, [new TextEdit(oldString, newString, replaceAll)], cancellationToken);

    private Task<string> ReplaceLinesAsync(
        [Description("Path of the file, absolute or from the working directory.")] string fileName,
        [Description("The edits, by the numbers that lines have before.")] LineText[] edits,
        CancellationToken cancellationToken = default) => kit.EditAsync(ReplaceLines, "fileName", fileName, edits, cancellationToken);

    private Task<string> DeleteAsync(
        [Description("Path of the file, absolute or from the working directory.")] string fileName, CancellationToken cancellationToken = default) =>
        kit.DeleteAsync(Delete, "fileName", fileName, recursive: false, cancellationToken);

    private Task<string> LsAsync(
        [Description("Directory, absolute or from the working directory; default: the working directory.")] string? directory = null,
        [Description("Only entries whose names match, such as *.md.")] string? globPattern = null,
        CancellationToken cancellationToken = default) => kit.ListAsync(Ls, "directory", directory, "globPattern", globPattern, cancellationToken);

    private Task<string> GrepAsync(
        [Description("Regular expression.")] string regexPattern,
        [Description("Only files whose names match, such as *.md or docs/**.")] string? globPattern = null,
        [Description("Directory to search; default: the working directory.")] string? directory = null,
        CancellationToken cancellationToken = default) => kit.GrepAsync(
            Grep,
            new GrepQuery(regexPattern) { Glob = globPattern, Path = directory, Mode = GrepMode.Content, IgnoreCase = true },
            "regexPattern",
            "directory",
            "globPattern",
            cancellationToken);

    private Task<string> PublishAsync(
        [Description("Path of the file, absolute or from the working directory.")] string path, CancellationToken cancellationToken = default) =>
        kit.PublishAsync(path, cancellationToken);
}
