using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>Reads a part of a text file, its lines numbered.</summary>
internal static class ReadTool
{
    /// <summary>Seconds that a file has to give its first bytes, or all of them where it is the kernel's: some of those never do.</summary>
    private const string PatienceSeconds = "5";

    /// <summary>
    /// $1 file, $2 first line, $3 number of lines, $4 bytes of a line, $5 bytes in all, $6 largest file whose lines are counted, $7 seconds of patience. A file
    /// without a size that holds something is made by the kernel as it is read, maybe without end: of such a file only the first bytes are looked at, but for
    /// the line that they break off in.
    /// </summary>
    private const string Script =
        """
        patience=
        if command -v timeout >/dev/null 2>&1 && timeout 1 true 2>/dev/null; then
          patience="timeout $7"
        fi
        pull() { $patience head -c "$1" <"$f"; }
        if [ -s "$f" ]; then
          content() { cat <"$f"; }
        else
          content() { pull "$max"; }
        fi
        max=$(($5))
        size=$(size)
        first=$(pull 8192 | wc -c)
        if [ "$((first))" -eq 0 ]; then
          error=$( { $patience head -c 1 <"$f" >/dev/null; } 2>&1)
          case $? in
            0) echo empty ;;
            124 | 143) echo endless ;;
            *) echo "failed ${error%%"$nl"*}" ;;
          esac
          exit
        fi
        if [ "$(pull 8192 | tr -cd '\000' | wc -c)" -gt 0 ] || [ "$(pull 5 | tr -d '\000')" = %PDF- ]; then
          echo "binary $((size)) $(head -c 64 <"$f" | od -An -v -tx1 | tr -d ' \n')"
          exit
        fi
        lines=-1
        if [ -s "$f" ] && { [ "$size" -le "$6" ] || { [ "$2" -gt 1 ] && [ "$(tail -n "+$2" <"$f" | head -c 1 | wc -c)" -eq 0 ]; }; }; then
          lines=$(wc -l <"$f")
          [ -z "$(tail -c 1 <"$f")" ] || lines=$((lines + 1))
        fi
        stamp=- part=whole
        if [ -s "$f" ]; then
          stamp=$(stamp)
        elif [ "$(pull "$max" | wc -c)" -ge "$max" ]; then
          part=start
          content() { pull "$max" | sed '$d'; }
        fi
        echo "text $((lines)) $(identity) $stamp $part"
        content | tail -n "+$2" | head -n "$3" | cut -b "1-$4" | head -c "$5"
        """;

    /// <param name="context">Where.</param>
    /// <param name="path">The file.</param>
    /// <param name="offset">Number of the first line, from 1.</param>
    /// <param name="limit">How many lines.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<ToolReply> RunAsync(FileToolContext context, string path, int offset, int limit, CancellationToken cancellationToken)
    {
        // More than the cut lines need, since a character has up to four bytes.
        var lineBytes = (4 * context.Limits.LineChars) + 1;
        var transferBytes = (5 * context.Limits.ReadBytes) + lineBytes;
        var answer = await ToolScript.RunAsync(
            context,
            ToolScript.ReadableFile + Script,
            [
                path, ToolText.Number(offset), ToolText.Number(limit), ToolText.Number(lineBytes), ToolText.Number(transferBytes),
                ToolText.Number(ToolLimits.CountedFileBytes), PatienceSeconds,
            ],
            (transferBytes * 2) + 4096,
            cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            "text" => Format(context, path, answer, offset, limit, transferBytes),
            "empty" => new ReadReply($"(the file {ToolText.Quote(path)} is empty)", [], 1, 0, null),
            "endless" => ToolReply.Fail(
                ToolFailure.SpecialFile, $"{ToolText.Quote(path)} gives nothing for {PatienceSeconds} s: it is no file that can be read to an end. Leave it alone."),
            "binary" => DescribeBinary(context, path, answer.Detail),
            _ => answer.DescribeFailure(path, context.Tool, context.Words),
        };
    }

    private static ToolReply DescribeBinary(FileToolContext context, string path, string detail)
    {
        // What comes from the sandbox may be anything.
        var head = new byte[MediaTypes.HeadBytes];
        var words = detail.Split(' ');
        Convert.FromHexString(words[^1], head, out _, out var length);
        var type = MediaTypes.Detect(head.AsSpan(0, length));
        var size = $"{words[0]} bytes";
        return ToolReply.Fail(
            ToolFailure.Binary,
            type is null
                ? $"{ToolText.Quote(path)} is a binary file of {size}.{ToolWords.Use(context.Words.Shell, "to look into it (file, od -c, strings)")}"
                : $"{ToolText.Quote(path)} is a binary file of {size} ({type}).{ToolWords.Use(context.Words.View, "to look at it")}");
    }

    private static ToolReply Format(FileToolContext context, string path, ToolAnswer answer, int offset, int limit, int maxBytes)
    {
        var facts = answer.Detail.Split(' ');
        var isStart = facts[^1] == "start";
        var total = long.TryParse(facts[0], CultureInfo.InvariantCulture, out var counted) ? counted : -1;

        // A last line without its end was cut by the limit of bytes, since each line that is brought over gets an end.
        var complete = answer.Payload.LastIndexOf('\n') + 1;
        if (complete == 0)
        {
            return answer.TimedOut
                ? ToolReply.Fail(
                    ToolFailure.TimedOut,
                    $"{ToolText.Quote(path)} gave nothing within {answer.Result!.Duration.TotalSeconds:0} s, so reading was stopped."
                    + ToolWords.Use(context.Words.Shell, "if it is worth waiting for"))
                : isStart ? ToolReply.Fail(
                    ToolFailure.NoMatch,
                    $"{context.Words.Offset ?? "line"} {Place(context, offset)} is too large for {ToolText.Quote(path)}: {Start()}.{More()}")
                : ToolReply.Fail(
                    ToolFailure.NoMatch,
                    $"{context.Words.Offset ?? "line"} {Place(context, offset)} is beyond the end of {ToolText.Quote(path)}"
                    + (total < 0
                        ? ". Give a smaller one."
                        : $", which has {ToolText.Count(total, "line", "lines")}. Give a number from {Place(context, 1)} to {Place(context, (int)total)}."));
        }

        if (facts is [_, var identity, not "-" and var stamp, _])
        {
            context.Seen?.Remember(context.Sandbox, identity, stamp);
        }

        var lines = answer.Payload[..complete].TrimStart('\uFEFF').Split('\n')[..^1];
        var text = new StringBuilder();
        var bytes = 0;
        var count = 0;
        foreach (var line in lines)
        {
            var numbered = $"{offset + count,6}\t{ToolText.CutLine(ToolText.Printable(line.TrimEnd('\r')), context.Limits.LineChars)}\n";
            bytes += Encoding.UTF8.GetByteCount(numbered);
            if (bytes > context.Limits.ReadBytes && count > 0)
            {
                break;
            }

            text.Append(numbered);
            count++;
        }

        var next = offset + count;
        var isEnd = total < 0 ? count == lines.Length && complete == answer.Payload.Length && count < limit : next > total;
        text.Append(isEnd && isStart ? $"(lines {offset} to {next - 1}; {Start()}"
            : isEnd ? $"(end of file, {ToolText.Count(next - 1, "line", "lines")}"
            : $"(lines {offset} to {next - 1}{(total < 0 ? "" : $" of {total}")}{(context.Words.Offset is { } from ? $"; for more: {from}={Place(context, next)}" : "")}");
        text.Append(lines.Any(line => line.EndsWith('\r')) ? "; lines end with CRLF" : "");
        var result = text.Append(')').Append(isEnd && isStart ? More() : "").ToString();
        return new ReadReply(
            result.Contains('\uFFFD', StringComparison.Ordinal) ? $"{result}\n(\uFFFD stands for control characters and for bytes that are not UTF-8)" : result,
            [.. lines.Take(count).Select(static line => line.TrimEnd('\r'))],
            offset,
            total < 0 ? null : total,
            isEnd ? null : next);

        string Start() => $"only the first {maxBytes} bytes of this file of the kernel are looked at";

        string More() => ToolWords.Use(context.Words.Shell, "for the rest");
    }

    /// <summary>A line as a call names it.</summary>
    private static int Place(FileToolContext context, int line) => line - 1 + context.Words.FirstLine;
}
