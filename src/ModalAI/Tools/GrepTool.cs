using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>Searches the contents of files, with ripgrep where the sandbox has it, else with grep.</summary>
internal static partial class GrepTool
{
    /// <summary>Bytes of a line that are brought over: more than a path and <see cref="ToolLimits.GrepLineChars"/> characters need.</summary>
    private const int LineBytes = ToolLimits.PathBytes + (4 * ToolLimits.GrepLineChars) + 32;

    /// <summary>Marks the exit code on standard error, which the searched files do not reach.</summary>
    private const string ExitMark = "modalai-exit ";

    /// <summary>
    /// $1 pattern, $2 path, $3 -l, -c or -n, $4 -i or nothing, $5 pattern of file names or nothing, $6 name of directories to leave out, $7 number of
    /// lines, $8 bytes of a line, then tests of <c>find</c> that say the same as $5. Only regular files are opened: others may never end.
    /// </summary>
    private const string Script =
        """
        pattern=$1 mode=$3 case=$4 names=$5 skip=$6 lines=$7 bytes=$8
        place "$2"
        shift 8
        if [ ! -e "$f" ]; then
          echo "missing $PWD"
          exit
        elif [ ! -d "$f" ] && [ ! -f "$f" ]; then
          echo special
          exit
        fi
        kernel=
        if [ "$(cd "$f" 2>/dev/null && pwd -P)" = / ]; then
          f=/
          kernel="-path /proc -o -path /sys -o -path /dev -o"
        fi
        flavor=-E
        if command -v rg >/dev/null 2>&1 && [ -z "$kernel" ]; then
          flavor=
        elif echo x | grep -qP x 2>/dev/null; then
          flavor=-P
        fi
        echo "found"
        {
          if [ -z "$flavor" ]; then
            [ -z "$skip" ] || set -- -g "!$skip"
            [ -z "$names" ] || set -- -g "$names" "$@"
            rg --no-config --no-ignore --hidden --color=never --no-heading --with-filename "$mode" $case "$@" -e "$pattern" -- "$f"
          elif error=$(echo x | grep $flavor -e "$pattern" 2>&1 >/dev/null); [ $? -gt 1 ]; then
            echo "$error" >&2
            (exit 2)
          else
            find -H "$f" \( $kernel -name "$skip" \) -prune -o -type f \( "$@" \) -exec grep -HI $flavor "$mode" $case -e "$pattern" {} +
          fi
          echo "modalai-exit $?" >&2
        } | if [ "$mode" = -c ]; then grep -v ':0$'; else cat; fi | cut -b "1-$bytes" | head -n "$lines"
        """;

    public static async Task<string> RunAsync(
        ModalSandbox sandbox,
        string pattern,
        string? path,
        string? names,
        GlobPattern glob,
        GrepMode mode,
        bool ignoreCase,
        CancellationToken cancellationToken)
    {
        var root = string.IsNullOrEmpty(path) ? "." : path;
        var flag = mode switch { GrepMode.Content => "-n", GrepMode.Count => "-c", _ => "-l" };
        string[] arguments =
        [
            pattern, root, flag, ignoreCase ? "-i" : "", names ?? "", SkippedDirectory.For($"{root}/{names}"),
            (ToolLimits.GrepMatches + 1).ToString(CultureInfo.InvariantCulture), LineBytes.ToString(CultureInfo.InvariantCulture), .. glob.FindPaths(),
        ];
        var answer = await ToolScript.RunAsync(
            sandbox, Script, arguments, (ToolLimits.GrepMatches + 2) * LineBytes * 2, input: null, cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            "found" => Format(pattern, root, answer, mode),
            "missing" => ToolText.Error(
                $"{ToolText.Quote(root)} does not exist (the working directory is {ToolText.Quote(answer.Detail)}). Use glob to look for it, or leave path out."),
            _ => answer.DescribeFailure(root, "grep"),
        };
    }

    private static string Format(string pattern, string root, ToolAnswer answer, GrepMode mode)
    {
        var hits = ToolText.Lines(answer.Payload);
        if (answer.Payload.Length == 0)
        {
            hits = [];
        }

        var (exitCode, errors) = ReadExit(answer.Result.StandardError);
        if (hits.Length == 0 && exitCode is not (0 or 1) && !answer.Result.TimedOut && errors.Length > 0)
        {
            return ToolText.Error($"grep failed: {errors} The pattern is a regular expression; put a backslash before characters that are meant literally.");
        }

        var text = new StringBuilder();
        var shown = 0;
        var hasDot = root.StartsWith("./", StringComparison.Ordinal);
        foreach (var hit in hits.Take(ToolLimits.GrepMatches))
        {
            var line = Shorten(ToolText.Printable(!hasDot && hit.StartsWith("./", StringComparison.Ordinal) ? hit[2..] : hit), mode);
            if (text.Length + line.Length > ToolLimits.OutputChars)
            {
                break;
            }

            text.Append(line).Append('\n');
            shown++;
        }

        var things = mode == GrepMode.Content ? "matching lines" : "files";
        if (hits.Length == 0)
        {
            text.Append($"(no match for {ToolText.Quote(ToolText.Cut(pattern, 200))})\n");
        }
        else if (shown < hits.Length)
        {
            text.Append($"(only the first {shown} {things} are shown, there are more; narrow the pattern, path or glob)\n");
        }

        if (answer.Result.TimedOut)
        {
            text.Append($"(stopped after {answer.Result.Duration.TotalSeconds:0} s, before all was searched; narrow path or glob)\n");
        }
        else if (exitCode is not (0 or 1) && errors.Length > 0 && shown == hits.Length)
        {
            text.Append($"(not all could be searched: {ToolText.Cut(errors, 300)})\n");
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>Splits the exit code of the search from what it complained about; null when it did not come to its end.</summary>
    private static (int? Code, string Errors) ReadExit(string standardError)
    {
        var mark = standardError.LastIndexOf(ExitMark, StringComparison.Ordinal);
        return mark < 0
            ? (null, ToolAnswer.LastLine(standardError))
            : (int.Parse(ToolAnswer.LastLine(standardError[(mark + ExitMark.Length)..]), CultureInfo.InvariantCulture), Join(standardError[..mark]));
    }

    private static string Join(string lines) => string.Join(" ", lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static string Shorten(string hit, GrepMode mode)
    {
        var prefix = mode == GrepMode.Content ? Place().Match(hit).Length : hit.Length;
        return hit[..prefix] + ToolText.CutLine(hit[prefix..], ToolLimits.GrepLineChars);
    }

    /// <summary>Where a hit is: a path and the number of its line.</summary>
    [GeneratedRegex(@"\A[^:]*:\d+:")]
    private static partial Regex Place();
}
