using System.Text;

namespace ModalAI.Tools;

/// <summary>One replacement of text in a file's bytes: what is not replaced stays as it is, whatever its encoding.</summary>
/// <param name="OldText">What is replaced.</param>
/// <param name="NewText">What comes in its place.</param>
/// <param name="ReplaceAll">Replaces all of them; else there must be only one.</param>
internal sealed record FileEdit(byte[] OldText, byte[] NewText, bool ReplaceAll)
{
    private const int MaxListedLines = 20;

    /// <summary>Places that are counted of a text that must have only one.</summary>
    private const int MaxCounted = 1000;

    /// <summary>What is wrong with it, whatever the file holds; null where nothing is.</summary>
    public string? FindProblem(ToolWords words) =>
        OldText.Length == 0 ? $"{words.OldText} is empty. Give the text to replace{(words.Write is { } write ? $", or use {write} to make a file" : "")}."
        : OldText.AsSpan().SequenceEqual(NewText) ? $"{words.OldText} and {words.NewText} are the same, so nothing would change."
        : null;

    /// <summary>Makes the replacement.</summary>
    /// <param name="content">The content.</param>
    /// <param name="words">How the tools are called.</param>
    /// <param name="maxBytes">How large the content may get.</param>
    public EditOutcome Apply(byte[] content, ToolWords words, int maxBytes)
    {
        if (FindProblem(words) is { } problem)
        {
            return new EditOutcome(null, problem, ToolFailure.InvalidArgument);
        }

        if (content.Length == 0)
        {
            return new EditOutcome(null, $"it is empty.{ToolWords.Use(words.Write, "to give it content")}", ToolFailure.NoMatch);
        }

        // A model sees lines, not their ends: in a file of CRLF lines its text gets CRLF ends too.
        var (oldText, newText) = LineEnds.UsesCrLf(content) ? (LineEnds.ToCrLf(OldText), LineEnds.ToCrLf(NewText)) : (OldText, NewText);
        var places = Find(content, oldText, overlapping: !ReplaceAll);
        if (places.Count == 0 && content.AsSpan().IndexOf("\r\n"u8) >= 0)
        {
            (oldText, newText) = (LineEnds.ToCrLf(OldText), LineEnds.ToCrLf(NewText));
            places = Find(content, oldText, overlapping: !ReplaceAll);
        }

        if (places.Count == 0)
        {
            var closest = ClosestLines.Describe(Encoding.UTF8.GetString(content), Encoding.UTF8.GetString(OldText), words);
            return new EditOutcome(null, $"{words.OldText} does not occur in it. {closest}", ToolFailure.NoMatch);
        }

        if (places.Count > 1 && !ReplaceAll)
        {
            return new EditOutcome(
                null,
                $"{words.OldText} occurs {(places.Count > MaxCounted ? $"more than {MaxCounted}" : places.Count)} times, in lines {ListLines(content, places)}. "
                + $"Add lines around it to make it unique{(words.ReplaceAll is { } all ? $", or set {all}" : "")}.",
                ToolFailure.Ambiguous);
        }

        var length = content.Length + (places.Count * ((long)newText.Length - oldText.Length));
        if (length > maxBytes)
        {
            return new EditOutcome(null, $"it would get {length} bytes, more than the {maxBytes} that are written.{ToolWords.Use(words.Shell)}", ToolFailure.TooLarge);
        }

        var replaced = Replace(content, places, oldText.Length, newText, (int)length);
        var line = content.AsSpan(0, places[0]).Count((byte)'\n') + 1;
        var message = places.Count == 1
            ? $"1 replacement in line {line}. It now reads:"
            : $"{places.Count} replacements in lines {ListLines(content, places)}. The first now reads:";
        return new EditOutcome(replaced, $"{message}\n{Snippet.Show(replaced, line, newText.AsSpan().Count((byte)'\n') + 1)}");
    }

    /// <summary>All places; where they may overlap, so that there may be too many to look at, only some.</summary>
    private static List<int> Find(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text, bool overlapping)
    {
        var places = new List<int>();
        var from = 0;
        while (!(overlapping && places.Count > MaxCounted) && content[from..].IndexOf(text) is >= 0 and var next)
        {
            places.Add(from + next);
            from += next + (overlapping ? 1 : text.Length);
        }

        return places;
    }

    private static byte[] Replace(ReadOnlySpan<byte> content, List<int> places, int oldLength, ReadOnlySpan<byte> newText, int length)
    {
        var replaced = new byte[length];
        var target = replaced.AsSpan();
        var from = 0;
        foreach (var place in places)
        {
            content[from..place].CopyTo(target);
            target = target[(place - from)..];
            newText.CopyTo(target);
            target = target[newText.Length..];
            from = place + oldLength;
        }

        content[from..].CopyTo(target);
        return replaced;
    }

    private static string ListLines(byte[] content, List<int> places)
    {
        var lines = new List<int>();
        var (line, from) = (1, 0);
        foreach (var place in places)
        {
            line += content.AsSpan(from, place - from).Count((byte)'\n');
            from = place;
            if (lines.Count == 0 || lines[^1] != line)
            {
                lines.Add(line);
            }

            if (lines.Count > MaxListedLines)
            {
                return string.Join(", ", lines.Take(MaxListedLines)) + " and more";
            }
        }

        return string.Join(", ", lines);
    }
}
