namespace ModalAI.Tools;

/// <summary>What a search of contents found.</summary>
/// <param name="Text">What a model is told.</param>
/// <param name="Hits">What is shown.</param>
/// <param name="HasMore">Whether there is more than is shown.</param>
internal sealed record GrepReply(string Text, IReadOnlyList<GrepHit> Hits, bool HasMore) : ToolReply(Text);
