using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModalAI.Tools.Dialects;

/// <summary>The functions of LangChain's deep agents, with their arguments. Relative paths start in the working directory, where theirs have none.</summary>
internal sealed class LangChainFunctions(ToolKit kit)
{
    private const string Ls = "ls";
    private const string ReadFile = "read_file";
    private const string WriteFile = "write_file";
    private const string EditFile = "edit_file";
    private const string Delete = "delete";
    private const string Glob = "glob";
    private const string Grep = "grep";
    private const string Execute = "execute";

    public static ToolDialect Dialect { get; } = new(
        [
            new(Ls, ModalToolEffect.Reads),
            new(ReadFile, ModalToolEffect.Reads),
            new(WriteFile, ModalToolEffect.Writes),
            new(EditFile, ModalToolEffect.Writes),
            new(Delete, ModalToolEffect.Writes),
            new(Glob, ModalToolEffect.Reads),
            new(Grep, ModalToolEffect.Reads),
            new(Execute, ModalToolEffect.Runs),
            ToolDialect.Publish,
        ],
        static names => new ToolWords
        {
            Read = names[ReadFile] ?? names.InShell(Execute, "cat -n, sed -n"),
            Write = names[WriteFile] ?? names.InShell(Execute, "cat"),
            Edit = names[EditFile] ?? names.InShell(Execute, "sed"),
            Glob = names[Glob] ?? names.InShell(Execute, "find"),
            Grep = names[Grep] ?? names.InShell(Execute, "grep"),
            Shell = names[Execute],
            List = names[Ls] ?? names.InShell(Execute, "ls") ?? names[Glob],
            View = names.InShell(Execute, "file, od -c, strings"),
            ReadJob = null,
            KillJob = null,
            Background = null,
            Since = null,
            Timeout = "timeout",
            FirstLine = 0,
        },
        static kit => new LangChainFunctions(kit).Create());

    private IEnumerable<ToolMethod> Create()
    {
        var options = kit.Options;
        yield return new(Ls, LsAsync, $"Lists a directory: names with sizes, directories with a slash. At most {ToolLimits.ListedEntries} entries.");
        var media = options.InlineMedia ? " Images are shown." : "";
        yield return new(
            ReadFile,
            ReadFileAsync,
            $"Reads a text file, with line numbers from 1; at most {ToolLimits.ReadLines} lines or {(options.MaxReadBytes + 1023) / 1024} KB. The answer says how to go on.{media}");
        yield return new(
            WriteFile,
            WriteFileAsync,
            "Writes a text file, replacing what is in it; makes missing directories."
            + $"{(kit.Names[EditFile] is { } edit ? $" To change a part of a file use {edit}." : "")}{kit.Life}");
        yield return new(
            EditFile,
            EditFileAsync,
            "Replaces exact text in a file and shows the changed lines. old_string must occur once, unless replace_all is true. "
            + $"Line numbers are not part of the text.{kit.Life}");
        yield return new(Delete, DeleteAsync, $"Removes a file, or a directory with all that is in it, for good.{kit.Life}");
        yield return new(Glob, GlobAsync, $"Finds files by name, newest first, at most {ToolLimits.GlobFiles}. Knows **, *, ? and {{a,b}}; skips .git.");
        yield return new(
            Grep,
            GrepAsync,
            "Searches file contents for literal text, not a regular expression, line by line; skips binary files and .git. "
            + $"At most {ToolLimits.GrepMatches} results unless max_count says otherwise.");
        yield return new(
            Execute,
            ExecuteAsync,
            "Runs a command line in the sandbox with bash, or sh where there is none. Answers with its exit code, then stdout and stderr in order, "
            + $"at most {options.MaxOutputChars} characters with the middle left out. No terminal and no input. Killed after {ToolKit.Seconds(kit.Settings.Timeout)} s unless "
            + $"timeout says otherwise.{kit.Life}");
        yield return new(ToolDialect.PublishName, PublishAsync, "Gives a file of the sandbox to the user.");
    }

    private Task<string> LsAsync(
        [Description("Directory, absolute or from the working directory; default: the working directory.")] string? path = null,
        CancellationToken cancellationToken = default) => kit.ListAsync(Ls, "path", path, cancellationToken);

    private Task<object> ReadFileAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("How many lines to leave out from the start.")] int offset = 0,
        [Description("How many lines.")] int limit = ToolLimits.ReadLines,
        CancellationToken cancellationToken = default) => kit.ReadAsync(ReadFile, "file_path", file_path, "offset", offset, "limit", limit, cancellationToken);

    private Task<string> WriteFileAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("All that the file is to hold.")] string content,
        CancellationToken cancellationToken = default) => kit.WriteAsync(WriteFile, "file_path", file_path, content, mayReplace: true, cancellationToken);

    private Task<string> EditFileAsync(
        [Description("Path of the file, absolute or from the working directory.")] string file_path,
        [Description("Text to replace, exactly as in the file.")] string old_string,
        [Description("Text to put there.")] string new_string,
        [Description("Replace every occurrence.")] bool replace_all = false,
        CancellationToken cancellationToken = default) =>
        kit.EditAsync(EditFile, "file_path", file_path, [new TextEdit(old_string, new_string, replace_all)], cancellationToken);

    private Task<string> DeleteAsync(
        [Description("Path of the file or directory, absolute or from the working directory.")] string file_path, CancellationToken cancellationToken = default) =>
        kit.DeleteAsync(Delete, "file_path", file_path, recursive: true, cancellationToken);

    private Task<string> GlobAsync(
        [Description("Such as **/*.py or src/*.{ts,tsx}.")] string pattern,
        [Description("Directory to search in; default: the working directory.")] string? path = null,
        CancellationToken cancellationToken = default) => kit.GlobAsync(Glob, pattern, "path", path, cancellationToken);

    private Task<string> GrepAsync(
        [Description("Text to search for.")] string pattern,
        [Description("File or directory to search; default: the working directory.")] string? path = null,
        [Description("Only files whose names match, such as *.py.")] string? glob = null,
        [Description("content gives lines with numbers, count their number in each file.")]
        [AllowedValues(GrepModes.Files, GrepModes.Content, GrepModes.Count)]
        string output_mode = GrepModes.Files,
        [Description("Most results.")] int max_count = ToolLimits.GrepMatches,
        CancellationToken cancellationToken = default)
    {
        if (GrepModes.Parse(output_mode) is not { } mode)
        {
            return kit.Refuse(Grep, GrepModes.Describe("output_mode", output_mode));
        }

        var query = new GrepQuery(pattern) { Path = path, Glob = glob, Mode = mode, IsLiteral = true, MaxResults = max_count };
        return kit.GrepAsync(Grep, query, "pattern", "path", "glob", cancellationToken);
    }

    private Task<string> ExecuteAsync(
        [Description("Command line; may have several lines.")] string command,
        [Description("Seconds after which it is killed.")] int? timeout = null,
        CancellationToken cancellationToken = default) =>
        kit.RunAsync(Execute, new CommandCall(command) { Timeout = timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null }, cancellationToken);

    private Task<string> PublishAsync(
        [Description("Path of the file, absolute or from the working directory.")] string path, CancellationToken cancellationToken = default) =>
        kit.PublishAsync(path, cancellationToken);
}
