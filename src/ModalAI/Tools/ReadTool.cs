using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>Reads a part of a text file, its lines numbered.</summary>
internal static class ReadTool
{
    /// <summary>Bytes of a line that are brought over: more than <see cref="ToolLimits.LineChars"/> characters need.</summary>
    private const int LineBytes = (4 * ToolLimits.LineChars) + 1;

    /// <summary>Bytes that are brought over: more than <see cref="ToolLimits.ReadBytes"/> of cut lines need.</summary>
    private const int TransferBytes = 256 * 1024;

    /// <summary>$1 file, $2 first line, $3 number of lines, $4 bytes of a line, $5 bytes in all, $6 largest file whose lines are counted.</summary>
    private const string Script =
        """
        first=$(head -c 8192 <"$f" | wc -c)
        text=$(head -c 8192 <"$f" | tr -d '\000' | wc -c)
        size=$(stat -L -c %s "$f" 2>/dev/null || wc -c <"$f")
        if [ "$((first))" -eq 0 ]; then
          echo empty
          exit
        elif [ "$((first))" -ne "$((text))" ]; then
          echo "binary $((size))"
          exit
        fi
        lines=-1
        if [ "$size" -le "$6" ] || { [ "$2" -gt 1 ] && [ "$(tail -n "+$2" <"$f" | head -c 1 | wc -c)" -eq 0 ]; }; then
          lines=$(wc -l <"$f")
          [ -z "$(tail -c 1 <"$f")" ] || lines=$((lines + 1))
        fi
        echo "text $((lines))"
        tail -n "+$2" <"$f" | head -n "$3" | cut -b "1-$4" | head -c "$5"
        """;

    public static async Task<string> RunAsync(ModalSandbox sandbox, string path, int offset, int limit, CancellationToken cancellationToken)
    {
        var answer = await ToolScript.RunAsync(
            sandbox,
            ToolScript.ReadableFile + Script,
            [path, Text(offset), Text(limit), Text(LineBytes), Text(TransferBytes), Text(ToolLimits.CountedFileBytes)],
            TransferBytes * 2,
            input: null,
            cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            "text" => Format(path, answer, offset, limit),
            "empty" => $"(the file {ToolText.Quote(path)} is empty)",
            "binary" => ToolText.Error($"{ToolText.Quote(path)} is a binary file of {answer.Detail} bytes. Look at it with bash, as in: file, od -c, strings."),
            _ => answer.DescribeFailure(path, "read"),
        };
    }

    private static string Format(string path, ToolAnswer answer, int offset, int limit)
    {
        var total = long.Parse(answer.Detail, CultureInfo.InvariantCulture);

        // A last line without its end was cut by the limit of bytes, since each line that is brought over gets an end.
        var complete = answer.Payload.LastIndexOf('\n') + 1;
        if (complete == 0)
        {
            return ToolText.Error(answer.Result.TimedOut
                ? $"{ToolText.Quote(path)} gave nothing within {answer.Result.Duration.TotalSeconds:0} s, so reading was stopped. Use bash if it is worth waiting for."
                : $"offset {offset} is beyond the end of {ToolText.Quote(path)}, which has {ToolText.Count(total, "line", "lines")}.");
        }

        var lines = answer.Payload[..complete].TrimStart('\uFEFF').Split('\n')[..^1];
        var text = new StringBuilder();
        var bytes = 0;
        var count = 0;
        foreach (var line in lines)
        {
            var numbered = $"{offset + count,6}\t{ToolText.CutLine(ToolText.Printable(line.TrimEnd('\r')))}\n";
            bytes += Encoding.UTF8.GetByteCount(numbered);
            if (bytes > ToolLimits.ReadBytes)
            {
                break;
            }

            text.Append(numbered);
            count++;
        }

        var next = offset + count;
        var isEnd = total < 0 ? count == lines.Length && complete == answer.Payload.Length && count < limit : next > total;
        text.Append(isEnd
            ? $"(end of file, {ToolText.Count(next - 1, "line", "lines")}"
            : $"(lines {offset} to {next - 1}{(total < 0 ? "" : $" of {total}")}; for more: offset={next}");
        text.Append(lines.Any(line => line.EndsWith('\r')) ? "; lines end with CRLF" : "");
        var result = text.Append(')').ToString();
        return result.Contains('\uFFFD', StringComparison.Ordinal) ? $"{result}\n(\uFFFD stands for control characters and for bytes that are not UTF-8)" : result;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
