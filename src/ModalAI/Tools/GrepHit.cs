namespace ModalAI.Tools;

/// <summary>One result of a search of contents.</summary>
/// <param name="Path">The file; empty for a gap between lines that are shown.</param>
/// <param name="Line">Number of the line; how many lines match where those are counted; else zero.</param>
/// <param name="Text">The line; null where none is shown, and for a file that is not searched further since it is binary from there on.</param>
/// <param name="IsMatch">Whether the line matches; else it stands around one that does.</param>
internal sealed record GrepHit(string Path, long Line = 0, string? Text = null, bool IsMatch = true)
{
    /// <summary>The result as grep prints it.</summary>
    public string Describe(GrepMode mode, int maxChars) => (mode, Path, IsMatch) switch
    {
        (GrepMode.FilesWithMatches, _, _) => ToolText.Escape(Path),
        (GrepMode.Count, _, _) => $"{ToolText.Escape(Path)}:{Line}",
        (_, "", _) => "--",
        (_, _, false) when Text is null => $"({ToolText.Quote(Path)} is binary further on, so it was not searched to its end)",
        (_, _, true) => $"{ToolText.Escape(Path)}:{Line}:{ToolText.CutLine(Text!, maxChars)}",
        _ => $"{ToolText.Escape(Path)}-{Line}-{ToolText.CutLine(Text!, maxChars)}",
    };
}
