using System.Text;

namespace ModalAI.Tools;

/// <summary>One replacement of text in a file's bytes: what is not replaced stays as it is, whatever its encoding.</summary>
/// <param name="OldText">What is replaced.</param>
/// <param name="NewText">What comes in its place.</param>
/// <param name="ReplaceAll">Replaces all of them; else there must be only one.</param>
internal sealed record FileEdit(byte[] OldText, byte[] NewText, bool ReplaceAll)
{
    private const int MaxListedLines = 20;
    private const int ContextLines = 2;
    private const int MaxSnippetLines = 12;
    private const int MaxSnippetLineChars = 200;

    /// <summary>Makes the replacement.</summary>
    /// <returns>The new content, null where nothing can be replaced, and what to tell the model.</returns>
    public (byte[]? Content, string Message) Apply(byte[] content)
    {
        if (content.Length == 0)
        {
            return (null, "it is empty. Use write to give it content.");
        }

        // A model sees lines, not their ends: in a file of CRLF lines its text gets CRLF ends too.
        var (oldText, newText) = UsesCrLf(content) ? (ToCrLf(OldText), ToCrLf(NewText)) : (OldText, NewText);
        var places = Find(content, oldText, overlapping: !ReplaceAll);
        if (places.Count == 0 && content.AsSpan().IndexOf("\r\n"u8) >= 0)
        {
            (oldText, newText) = (ToCrLf(OldText), ToCrLf(NewText));
            places = Find(content, oldText, overlapping: !ReplaceAll);
        }

        if (places.Count == 0)
        {
            return (null, $"old_string does not occur in it. {ClosestLines.Describe(Encoding.UTF8.GetString(content), Encoding.UTF8.GetString(OldText))}");
        }

        if (places.Count > 1 && !ReplaceAll)
        {
            return (
                null,
                $"old_string occurs {places.Count} times, in lines {ListLines(content, places)}. Add lines around it to make it unique, or set replace_all.");
        }

        var replaced = Replace(content, places, oldText.Length, newText);
        if (replaced.Length > ToolLimits.WrittenBytes)
        {
            return (null, $"it would get {replaced.Length} bytes, more than the {ToolLimits.WrittenBytes} that edit writes. Use bash.");
        }

        var line = LineAt(content, places[0]);
        var message = places.Count == 1
            ? $"1 replacement in line {line}. It now reads:"
            : $"{places.Count} replacements in lines {ListLines(content, places)}. The first now reads:";
        return (replaced, $"{message}\n{Snippet(replaced, line, newText)}");
    }

    private static List<int> Find(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text, bool overlapping)
    {
        var places = new List<int>();
        var from = 0;
        while (content[from..].IndexOf(text) is >= 0 and var next)
        {
            places.Add(from + next);
            from += next + (overlapping ? 1 : text.Length);
        }

        return places;
    }

    private static byte[] Replace(ReadOnlySpan<byte> content, List<int> places, int oldLength, ReadOnlySpan<byte> newText)
    {
        var replaced = new byte[checked(content.Length + (places.Count * (newText.Length - oldLength)))];
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

    private static bool UsesCrLf(ReadOnlySpan<byte> content)
    {
        var lines = content.Count((byte)'\n');
        return lines > 0 && lines == content.Count("\r\n"u8);
    }

    private static byte[] ToCrLf(byte[] text) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text).Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal));

    private static int LineAt(ReadOnlySpan<byte> content, int place) => content[..place].Count((byte)'\n') + 1;

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

    private static string Snippet(byte[] content, int line, byte[] newText)
    {
        var first = Math.Max(1, line - ContextLines);
        var count = Math.Min(line - first + newText.AsSpan().Count((byte)'\n') + 1 + ContextLines, MaxSnippetLines);
        var lines = ToolText.Lines(Encoding.UTF8.GetString(content).TrimStart('\uFEFF'));
        return string.Join(
            '\n',
            lines.Skip(first - 1).Take(count).Select((text, index) => $"{first + index,6}\t{ToolText.CutLine(ToolText.Printable(text), MaxSnippetLineChars)}"));
    }
}
