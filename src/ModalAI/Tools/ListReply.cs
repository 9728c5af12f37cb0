namespace ModalAI.Tools;

/// <summary>The entries of a directory.</summary>
/// <param name="Text">What a model is told.</param>
/// <param name="Entries">The entries that are shown, by name.</param>
/// <param name="Total">How many there are.</param>
internal sealed record ListReply(string Text, IReadOnlyList<ListEntry> Entries, int Total) : ToolReply(Text);
