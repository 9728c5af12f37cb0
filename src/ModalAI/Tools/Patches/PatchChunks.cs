using System.Text;

namespace ModalAI.Tools.Patches;

/// <summary>Makes the changes of a patch in one file.</summary>
internal static class PatchChunks
{
    /// <summary>Makes all changes, or none.</summary>
    /// <param name="content">The content.</param>
    /// <param name="chunks">The changes, from the top of the file to its bottom.</param>
    /// <param name="words">How the tools are called.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static EditOutcome Apply(byte[] content, IReadOnlyList<PatchChunk> chunks, ToolWords words, CancellationToken cancellationToken)
    {
        var text = new PatchText(content);
        var search = new LineSearch(text.Lines, cancellationToken);
        var result = new MemoryStream();
        result.Write(text.Mark);
        var next = 0;
        foreach (var chunk in chunks)
        {
            if (Locate(search, text.Lines, chunk, next, words, out var problem) is not { } place)
            {
                return new EditOutcome(null, problem!, ToolFailure.NoMatch);
            }

            Copy(result, text, next, place.Index);
            next = place.Index;
            foreach (var (mark, line) in chunk.Lines.Take(place.Lines))
            {
                if (mark == '+')
                {
                    EndLine(result, text);
                    result.Write(Encoding.UTF8.GetBytes(line));
                    result.Write(End(text));
                    continue;
                }

                // What the patch calls unchanged is left as the file has it, though the patch may spell it otherwise.
                Copy(result, text, next, mark == ' ' ? next + 1 : next);
                next++;
            }
        }

        Copy(result, text, next, text.Lines.Length);
        if (!text.EndsInLineEnd && result.Length > text.Mark.Length && result.GetBuffer()[result.Length - 1] == (byte)'\n')
        {
            result.SetLength(result.Length - End(text).Length);
        }

        return new EditOutcome(result.ToArray(), "");
    }

    /// <summary>Where a change begins, and how many of its lines count: an empty one at its end may be what a model sees behind a file's last line.</summary>
    private static (int Index, int Lines)? Locate(LineSearch search, string[] lines, PatchChunk chunk, int from, ToolWords words, out string? problem)
    {
        problem = null;
        foreach (var anchor in chunk.Anchors)
        {
            var index = search.Find([anchor], from, isAtEnd: false);
            if (index < 0)
            {
                problem = $"line «{ToolText.Cut(anchor, 100)}», which the patch gives behind @@ (its line {chunk.Line}), is not in it{After(from)}. "
                    + ClosestLines.Describe(string.Join('\n', lines), anchor, words);
                return null;
            }

            from = index + 1;
        }

        var wanted = chunk.OldLines;
        if (wanted.Count == 0)
        {
            return (chunk.Anchors.Count > 0 && !chunk.IsAtEnd ? from : lines.Length, chunk.Lines.Count);
        }

        var place = search.Find(wanted, from, chunk.IsAtEnd);
        if (place >= 0)
        {
            return (place, chunk.Lines.Count);
        }

        if (wanted[^1].Length == 0 && chunk.Lines[^1] is (not '+', "") && wanted.Count > 1
            && search.Find([.. wanted.Take(wanted.Count - 1)], from, chunk.IsAtEnd) is >= 0 and var shorter)
        {
            return (shorter, chunk.Lines.Count - 1);
        }

        problem = $"the lines of the change from the patch's line {chunk.Line} on are not in it{After(from)}. "
            + ClosestLines.Describe(string.Join('\n', lines), string.Join('\n', wanted), words);
        return null;
    }

    private static string After(int from) => from == 0 ? "" : $" after line {from}";

    private static void Copy(MemoryStream result, PatchText text, int from, int to)
    {
        for (var line = from; line < to; line++)
        {
            EndLine(result, text);
            result.Write(text.Bytes(line));
        }
    }

    /// <summary>A last line without its end gets one when something comes behind it.</summary>
    private static void EndLine(MemoryStream result, PatchText text)
    {
        if (result.Length > text.Mark.Length && result.GetBuffer()[result.Length - 1] != (byte)'\n')
        {
            result.Write(End(text));
        }
    }

    private static byte[] End(PatchText text) => text.IsCrLf ? "\r\n"u8.ToArray() : "\n"u8.ToArray();
}
