namespace ModalAI.Tools;

/// <summary>Files whose names match.</summary>
/// <param name="Text">What a model is told.</param>
/// <param name="Paths">The paths that are shown, the newest first.</param>
/// <param name="Total">How many match in all.</param>
internal sealed record GlobReply(string Text, IReadOnlyList<string> Paths, int Total) : ToolReply(Text);
