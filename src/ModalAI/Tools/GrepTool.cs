using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>Searches the contents of files, with ripgrep where the sandbox has it, else with grep.</summary>
internal static class GrepTool
{
    private const int MaxTransferBytes = 16 * 1024 * 1024;

    /// <summary>How many times more lines are brought over where those of files with other names may be among them.</summary>
    private const int InexactFactor = 20;
    private const int MaxInexactLines = 20_000;

    /// <summary>Marks the exit code on standard error, which the searched files do not reach.</summary>
    private const string ExitMark = "modalai-exit ";

    /// <summary>
    /// $1 pattern, $2 path, $3 -l, -c or -n, $4 -i or nothing, $5 pattern of file names or nothing, $6 name of directories to leave out, $7 number of
    /// lines, $8 bytes of a line, $9 lines before, then lines after, -F or nothing, a second pattern of file names or nothing, the locale, and tests of
    /// <c>find</c> that say the same as the patterns. Only regular files are opened: others may never end. Names end with the character 1, as NUL would not
    /// pass all versions of cut; in a list of names alone, line ends within names become that character. One that was there before becomes the
    /// character 2. BusyBox's grep can neither end names so nor leave binary files out: there the names that begin with the character 2 stand alone, before the
    /// lines of their files.
    /// </summary>
    private const string Script =
        """
        pattern=$1 mode=$3 case=$4 names=$5 skip=$6 lines=$7 bytes=$8 before=$9
        place "$2"
        shift 9
        after=$1 literal=$2 classes=$3 locale=$4
        shift 4
        if [ ! -e "$f" ]; then
          echo "missing $PWD"
          exit
        elif [ ! -d "$f" ] && [ ! -f "$f" ]; then
          echo special
          exit
        elif [ ! -r "$f" ]; then
          echo denied
          exit
        fi
        kernel=
        if [ "$(cd "$f" 2>/dev/null && pwd -P)" = / ]; then
          f=/
          kernel="-path /proc -o -path /sys -o -path /dev -o"
        fi
        around=
        [ "$mode" != -n ] || [ "$before$after" = 00 ] || around="-B $before -A $after"
        nul= flavor=-E absolute=
        case $names in /*) absolute=1 ;; esac
        if command -v rg >/dev/null 2>&1 && [ -z "$kernel$absolute" ]; then
          nul=--null flavor=
        else
          if [ -n "$literal" ]; then
            flavor=-F
          elif echo x | grep -qP x 2>/dev/null; then
            flavor=-P
          fi
          ! echo x | grep -qZ x 2>/dev/null || nul=-Z
        fi
        separate() { cat; }
        if [ -n "$nul" ]; then
          separate() { tr '\000\001' '\001\002'; }
          [ "$mode" != -l ] || separate() { tr '\000\n\001' '\n\001\002'; }
        fi
        zero=$(printf '\0010$')
        drop() { cat; }
        [ "$mode" != -c ] || drop() { grep -v "$zero"; }
        each='
          search() { grep $flavor $case "$@"; }
          list=$nl$(search -l -e "$pattern" "$@"; echo .)
          for file; do
            case $list in *"$nl$file$nl"*) ;; *) continue ;; esac
            search -q -e "$pattern" "$file" 2>/dev/null || continue
            [ "$(head -c 8192 <"$file" | tr -cd "\000" | wc -c)" -eq 0 ] || continue
            printf "\002%s\001\n" "$file"
            [ "$mode" = -l ] || search "$mode" $around -e "$pattern" "$file"
          done
        '
        echo "found ${nul:+separated}"
        {
          if [ -z "$flavor" ]; then
            set --
            [ -z "$names" ] || set -- -g "**/$names"
            [ -z "$classes" ] || set -- "$@" -g "**/$classes"
            [ -z "$skip" ] || set -- "$@" -g "!$skip"
            rg --no-config --no-ignore --hidden --color=never --no-heading --with-filename --sort=path $nul $literal "$mode" $case $around "$@" -e "$pattern" -- "$f"
          elif error=$(echo x | LC_ALL=$locale grep $flavor -e "$pattern" 2>&1 >/dev/null); [ $? -gt 1 ]; then
            echo "$error" >&2
            (exit 2)
          elif [ -z "$nul" ]; then
            export pattern flavor mode case around nl
            find -H "$f" \( $kernel -name "$skip" \) -prune -o -type f \( "$@" \) -exec sh -c "$each" sh {} +
          else
            find -H "$f" \( $kernel -name "$skip" \) -prune -o -type f \( "$@" \) -exec env LC_ALL="$locale" grep -HI $nul $flavor "$mode" $case $around -e "$pattern" {} +
          fi
          echo "modalai-exit $?" >&2
        } | separate | drop | cut -b "1-$bytes" | head -n "$lines"
        """;

    /// <param name="context">Where.</param>
    /// <param name="query">What to search for.</param>
    /// <param name="glob">Its pattern of names; that of all names where it has none.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static async Task<ToolReply> RunAsync(FileToolContext context, GrepQuery query, GlobPattern glob, CancellationToken cancellationToken)
    {
        if (query.FindProblem() is { } problem)
        {
            return ToolReply.Fail(ToolFailure.InvalidArgument, $"{context.Tool} was not run: {problem}.");
        }

        // More than a path and the characters of a line need.
        var lineBytes = ToolLimits.PathBytes + (4 * context.Limits.GrepLineChars) + 32;
        var paths = glob.FindPaths(out var isExact);
        var lines = (query.MaxResults * (query.Mode == GrepMode.Content ? 3 + query.LinesBefore + query.LinesAfter : 2)) + 2;
        lines = isExact ? lines : Math.Max(lines, Math.Min(lines * InexactFactor, MaxInexactLines));
        var root = string.IsNullOrEmpty(query.Path) ? "." : query.Path;
        var flag = query.Mode switch { GrepMode.Content => "-n", GrepMode.Count => "-c", _ => "-l" };

        // In a pattern of ours brackets stand for themselves too, in ripgrep's they do not.
        var names = query.Glob ?? "";
        while (names.StartsWith("./", StringComparison.Ordinal))
        {
            names = names[2..];
        }

        var classes = GlobClass.FindFirst(names) < 0 ? "" : GlobClass.Quote(names);
        // Byte by byte, grep finds any text in any file; but letters that take several bytes have no case then, and no place in brackets.
        var locale = Ascii.IsValid(query.Pattern) ? "C" : "C.UTF-8";
        string[] arguments =
        [
            query.Pattern, root, flag, query.IgnoreCase ? "-i" : "", GlobClass.QuoteAll(names), SkippedDirectory.For($"{root}/{query.Glob}"),
            ToolText.Number(lines), ToolText.Number(lineBytes), ToolText.Number(query.LinesBefore), ToolText.Number(query.LinesAfter),
            query.IsLiteral ? "-F" : "", classes, locale, .. paths,
        ];
        var answer = await ToolScript.RunAsync(
            context, Script, arguments, (int)Math.Min((lines + 1L) * lineBytes * 2, MaxTransferBytes), cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            "found" => Format(context, query, glob, lines, answer),
            "missing" => ToolReply.Fail(
                ToolFailure.NotFound,
                $"{ToolText.Quote(root)} does not exist (the working directory is {ToolText.Quote(answer.Detail)})."
                + ToolWords.Use(context.Words.Glob, "to look for it, or leave the path out")),
            _ => answer.DescribeFailure(root, context.Tool, context.Words),
        };
    }

    /// <param name="context">Where.</param>
    /// <param name="query">What was searched for.</param>
    /// <param name="glob">Its pattern of names.</param>
    /// <param name="maxLines">How many lines were brought over at most.</param>
    /// <param name="answer">What was found.</param>
    private static ToolReply Format(FileToolContext context, GrepQuery query, GlobPattern glob, int maxLines, ToolAnswer answer)
    {
        var found = GrepOutput.Parse(answer.Payload, query.Mode, answer.Detail == "separated");
        var hits = GrepOutput.TrimGaps(GlobPattern.Filter(found, hit => hit.Path.Length == 0 || glob.IsEndOf(hit.Path), out var isComplete));
        isComplete &= hits.Count == found.Count || answer.Payload.AsSpan().Count('\n') < maxLines;
        var (exitCode, errors) = ReadExit(answer.Result!.StandardError);
        if (hits.Count == 0 && exitCode is not (0 or 1) && !answer.TimedOut && errors.Length > 0)
        {
            return ToolReply.Fail(
                ToolFailure.InvalidArgument,
                $"{context.Tool} failed: {ToolText.Cut(errors, 300)}"
                + (query.IsLiteral ? "" : " The pattern is a regular expression; put a backslash before characters that are meant literally."));
        }

        var text = new StringBuilder();
        var shown = new List<GrepHit>();
        var results = 0;
        foreach (var hit in hits)
        {
            var line = hit.Describe(query.Mode, context.Limits.GrepLineChars);
            results += hit.IsMatch && hit.Path.Length > 0 ? 1 : 0;
            if (results > query.MaxResults || text.Length + line.Length > context.Limits.OutputChars)
            {
                break;
            }

            text.Append(line).Append('\n');
            shown.Add(hit);
        }

        if (hits.Count == 0)
        {
            text.Append($"(no match for {ToolText.Quote(ToolText.Cut(query.Pattern, 200))})\n");
        }
        else if (shown.Count < hits.Count)
        {
            var things = query.Mode == GrepMode.Content ? "matching lines" : "files";
            var count = shown.Count(static hit => hit.IsMatch && hit.Path.Length > 0);
            text.Append($"(only the first {count} {things} are shown, there are more; narrow the pattern, path or glob)\n");
        }

        if (answer.TimedOut)
        {
            text.Append($"(stopped after {answer.Result.Duration.TotalSeconds:0} s, before all was searched; narrow path or glob)\n");
        }
        else if (!isComplete && shown.Count == hits.Count)
        {
            text.Append("(there may be more: too many files of other names match too; narrow path or glob)\n");
        }
        else if (errors.Length > 0 && shown.Count == hits.Count)
        {
            text.Append($"(not all could be searched: {ToolText.Cut(errors, 300)})\n");
        }

        return new GrepReply(text.ToString().TrimEnd('\n'), shown, shown.Count < hits.Count);
    }

    /// <summary>Splits the exit code of the search from what it complained about; null when it did not come to its end.</summary>
    private static (int? Code, string Errors) ReadExit(string standardError)
    {
        var mark = standardError.LastIndexOf(ExitMark, StringComparison.Ordinal);
        return mark < 0
            ? (null, ToolText.OneLine(ToolAnswer.LastLine(standardError)))
            : (int.TryParse(standardError.AsSpan(mark + ExitMark.Length).TrimEnd(), CultureInfo.InvariantCulture, out var code) ? code : null, Join(standardError[..mark]));
    }

    private static string Join(string lines) => ToolText.OneLine(string.Join(" ", lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
