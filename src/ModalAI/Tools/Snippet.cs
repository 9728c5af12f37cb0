using System.Text;

namespace ModalAI.Tools;

/// <summary>Shows changed lines with those around them.</summary>
internal static class Snippet
{
    private const int ContextLines = 2;
    private const int MaxLines = 12;
    private const int MaxLineChars = 200;

    /// <param name="content">The new content.</param>
    /// <param name="line">Number of the first changed line.</param>
    /// <param name="count">How many lines are new.</param>
    public static string Show(byte[] content, int line, int count)
    {
        var first = Math.Max(1, line - ContextLines);
        var shown = Math.Min(line - first + count + ContextLines, MaxLines);
        var lines = ToolText.Lines(Encoding.UTF8.GetString(content).TrimStart('\uFEFF'));
        return string.Join(
            '\n', lines.Skip(first - 1).Take(shown).Select((text, index) => $"{first + index,6}\t{ToolText.CutLine(ToolText.Printable(text), MaxLineChars)}"));
    }
}
