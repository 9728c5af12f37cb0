using System.Text;

namespace ModalAI.Tools;

/// <summary>Finds files by a pattern of their names, the latest first.</summary>
internal static class GlobTool
{
    /// <summary>
    /// $1 directory, $2 name of directories to leave out, $3 bytes in all, then tests of <c>find</c>. Answers in batches: the times of some files, a line
    /// each, then their names, then an empty name; all end with NUL, which no name holds. Times are read in one go since a process for each file takes long.
    /// </summary>
    private const string Script =
        """
        place "$1"
        if [ ! -d "$f" ]; then
          [ -e "$f" ] && echo file || echo "missing $PWD"
          exit
        elif ! cd "$f" 2>/dev/null; then
          echo denied
          exit
        fi
        skip=$2
        max=$3
        shift 3
        echo "found"
        kernel=
        [ "$(pwd -P)" != / ] || kernel="-path ./proc -o -path ./sys -o -path ./dev -o"
        batch='printf "%s\0" "$(stat -c %y "$@" 2>/dev/null)" "$@" ""'
        find . \( $kernel -name "$skip" \) -prune -o ! -type d \( "$@" \) -exec sh -c "$batch" sh {} + | head -c "$max"
        """;

    /// <param name="context">Where.</param>
    /// <param name="pattern">The pattern, as the model gave it.</param>
    /// <param name="path">Directory to search in; null or empty for the working directory.</param>
    /// <param name="glob">The pattern.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static async Task<ToolReply> RunAsync(FileToolContext context, string pattern, string? path, GlobPattern glob, CancellationToken cancellationToken)
    {
        var directory = glob.Directory.StartsWith('/') || string.IsNullOrEmpty(path) ? glob.Directory
            : glob.Directory.Length == 0 ? path
            : $"{path.TrimEnd('/')}/{glob.Directory}";
        var answer = await ToolScript.RunAsync(
            context,
            Script,
            [directory.Length == 0 ? "." : directory, SkippedDirectory.For($"{directory}/{pattern}"), $"{ToolLimits.GlobBytes}", .. glob.FindNames()],
            ToolLimits.GlobBytes * 2,
            cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            "found" => Format(context, pattern, directory, glob, answer),
            "file" => ToolReply.Fail(
                ToolFailure.NotADirectory, $"{ToolText.Quote(directory)} is a file; {context.Tool} takes a directory.{ToolWords.Use(context.Words.Read, "for files")}"),
            "missing" => ToolReply.Fail(
                ToolFailure.NotFound,
                $"The directory {ToolText.Quote(directory)} does not exist (the working directory is {ToolText.Quote(answer.Detail)}). "
                + $"Try {context.Tool} with **/ in front of the pattern, and without path."),
            _ => answer.DescribeFailure(directory, context.Tool, context.Words),
        };
    }

    private static GlobReply Format(FileToolContext context, string pattern, string directory, GlobPattern glob, ToolAnswer answer)
    {
        var prefix = directory.Length == 0 || directory == "." ? "" : directory.TrimEnd('/') + "/";
        var (files, isWhole) = Parse(answer.Payload);
        var matches = GlobPattern.Filter(files, file => glob.IsMatch(file.Name), out var isComplete)
            .OrderByDescending(file => file.Time, StringComparer.Ordinal)
            .ThenBy(file => file.Name, StringComparer.Ordinal)
            .ToList();
        var text = new StringBuilder();
        var shown = new List<string>();
        foreach (var (_, name) in matches.Take(context.Limits.GlobFiles))
        {
            var line = ToolText.Escape(prefix + name);
            if (text.Length + line.Length > context.Limits.OutputChars)
            {
                break;
            }

            text.Append(line).Append('\n');
            shown.Add(prefix + name);
        }

        if (matches.Count == 0)
        {
            text.Append($"(no file matches {ToolText.Quote(pattern)}{(prefix.Length == 0 ? "" : $" in {ToolText.Quote(directory)}")})\n");
        }
        else if (shown.Count < matches.Count)
        {
            text.Append($"(the newest {shown.Count} of {matches.Count} files; narrow the pattern or the path for others)\n");
        }

        if (answer.TimedOut || !isWhole || !isComplete)
        {
            text.Append("(the search was cut short, so files may be missing here; narrow the path or simplify the pattern)\n");
        }
        else if (answer.Result!.StandardError.Contains("ermission denied", StringComparison.Ordinal))
        {
            text.Append("(some directories could not be entered)\n");
        }

        return new GlobReply(text.ToString().TrimEnd('\n'), shown, matches.Count);
    }

    /// <summary>Reads the batches. Where a file vanished while times were read, times can't be told apart: the batch goes last.</summary>
    private static (List<(string Time, string Name)> Files, bool IsWhole) Parse(string payload)
    {
        var files = new List<(string Time, string Name)>();
        var tokens = payload.Split('\0');
        var position = 0;
        while (position < tokens.Length - 1)
        {
            var end = Array.IndexOf(tokens, "", position + 1, tokens.Length - position - 2);
            if (end < 0)
            {
                return (files, false);
            }

            var times = tokens[position].Split('\n');
            var names = tokens.AsSpan(position + 1, end - position - 1);
            for (var i = 0; i < names.Length; i++)
            {
                files.Add((times.Length == names.Length ? times[i] : "", names[i].StartsWith("./", StringComparison.Ordinal) ? names[i][2..] : names[i]));
            }

            position = end + 1;
        }

        return (files, tokens[^1].Length == 0);
    }
}
