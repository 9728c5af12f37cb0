namespace ModalAI.Tools;

/// <summary>Makes a command's output fit: whole lines from its start and its end, and in their middle what was left out.</summary>
internal static class OutputText
{
    private const int HeadChars = ToolLimits.OutputChars / 3;
    private const int TailChars = ToolLimits.OutputChars - HeadChars;

    public static string Fit(ModalCommandResult result) =>
        Fit(result.StandardOutput, result.IsOutputTruncated ? result.StandardOutputBytes : null);

    /// <param name="output">The output.</param>
    /// <param name="totalBytes">How long it was before its middle was lost; null where it is complete.</param>
    public static string Fit(string output, long? totalBytes)
    {
        var lines = ToolText.Lines(ToolText.Clean(output));
        var total = 0L;
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = ToolText.CutLine(lines[i]);
            total += lines[i].Length + 1;
        }

        if (total <= ToolLimits.OutputChars)
        {
            return string.Join('\n', lines).TrimEnd();
        }

        var head = Fitting(lines, HeadChars);
        var tail = lines.Length - Fitting(Enumerable.Reverse(lines), TailChars);
        var omitted = totalBytes is null
            ? $"lines {head + 1} to {tail} of {lines.Length} left out"
            : $"all but the first {ToolText.Count(head, "line", "lines")} and the last {lines.Length - tail} of {totalBytes} bytes left out";
        var notice = $"[... {omitted}. To see them, send the output to a file and use read or grep on it ...]";
        return string.Join('\n', [.. lines.AsSpan(0, head), notice, .. lines.AsSpan(tail)]).TrimEnd();
    }

    private static int Fitting(IEnumerable<string> lines, int maxChars)
    {
        var count = 0;
        foreach (var line in lines)
        {
            maxChars -= line.Length + 1;
            if (maxChars < 0)
            {
                break;
            }

            count++;
        }

        return count;
    }
}
