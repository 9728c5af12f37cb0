namespace ModalAI.Tools.Patches;

/// <summary>A change in a file: lines that are there, lines that go, lines that come.</summary>
/// <param name="Line">Number of the patch's line that it begins with.</param>
/// <param name="Anchors">Lines that stand somewhere before it, one after the other, such as the head of a class and that of a method.</param>
/// <param name="Lines">The lines, each with its mark: a space, a minus or a plus.</param>
/// <param name="IsAtEnd">Whether the file ends with it.</param>
internal sealed record PatchChunk(int Line, IReadOnlyList<string> Anchors, IReadOnlyList<(char Mark, string Text)> Lines, bool IsAtEnd)
{
    /// <summary>The lines that the file has to hold.</summary>
    public IReadOnlyList<string> OldLines { get; } = [.. Lines.Where(static line => line.Mark != '+').Select(static line => line.Text)];
}
