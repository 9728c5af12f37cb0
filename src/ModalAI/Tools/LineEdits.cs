namespace ModalAI.Tools;

/// <summary>Replaces lines of a content by their numbers, all that are asked for or none.</summary>
internal static class LineEdits
{
    public static EditOutcome Apply(byte[] content, IReadOnlyList<LineEdit> edits, int maxBytes)
    {
        var starts = LineEnds.Starts(content);
        var mark = content.AsSpan().StartsWith(LineEnds.ByteOrderMark) ? LineEnds.ByteOrderMark.Length : 0;
        if (mark > 0)
        {
            starts[0] = mark;
        }

        var ordered = edits.OrderBy(static edit => edit.First).ThenBy(static edit => edit.Last).ToList();
        if (FindProblem(ordered, starts.Count) is { } problem)
        {
            return new EditOutcome(null, problem, ToolFailure.NoMatch);
        }

        var isCrLf = LineEnds.UsesCrLf(content);
        var hasEnd = content.Length == 0 || content[^1] == (byte)'\n';
        var result = new MemoryStream();
        result.Write(content.AsSpan(0, mark));
        var next = 0;
        foreach (var edit in ordered)
        {
            Copy(next, edit.First - 1);
            if (edit.NewText.Length > 0)
            {
                EndLine();
                result.Write(isCrLf ? LineEnds.ToCrLf(edit.NewText) : edit.NewText);
                if (edit.NewText[^1] != (byte)'\n' && (edit.Last < starts.Count || hasEnd))
                {
                    result.Write(isCrLf ? "\r\n"u8 : "\n"u8);
                }
            }

            next = edit.Last;
        }

        Copy(next, starts.Count);
        if (result.Length > maxBytes)
        {
            return new EditOutcome(null, $"it would get {result.Length} bytes, more than the {maxBytes} that are written.", ToolFailure.TooLarge);
        }

        var changed = result.ToArray();
        if (changed.AsSpan().SequenceEqual(content))
        {
            return new EditOutcome(null, "the lines are so already.", ToolFailure.InvalidArgument);
        }

        var first = ordered[0];
        return new EditOutcome(
            changed,
            $"{ToolText.Count(edits.Count, "place", "places")}, from line {first.First} on. It now reads:\n"
            + Snippet.Show(changed, first.First, first.NewText.AsSpan().Count((byte)'\n') + 1));

        void Copy(int from, int to)
        {
            if (from < to)
            {
                EndLine();
                result.Write(content.AsSpan(starts[from]..(to == starts.Count ? content.Length : starts[to])));
            }
        }

        // A last line without its end gets one when something comes behind it.
        void EndLine()
        {
            if (result.Length > mark && result.GetBuffer()[result.Length - 1] != (byte)'\n')
            {
                result.Write(isCrLf ? "\r\n"u8 : "\n"u8);
            }
        }
    }

    private static string? FindProblem(List<LineEdit> edits, int lines)
    {
        if (edits.Count == 0)
        {
            return "no edit was given.";
        }

        for (var i = 0; i < edits.Count; i++)
        {
            var edit = edits[i];
            if (edit.First < 1 || edit.Last < edit.First - 1 || edit.Last > lines || edit.First > lines + 1)
            {
                return $"it has {ToolText.Count(lines, "line", "lines")}; lines {edit.First} to {edit.Last} are not among them. Read it again, then give lines that it has.";
            }

            if (i > 0 && edit.First <= edits[i - 1].Last)
            {
                return $"lines {edits[i - 1].First} to {edits[i - 1].Last} and lines {edit.First} to {edit.Last} overlap. Give each line once.";
            }
        }

        return null;
    }
}
