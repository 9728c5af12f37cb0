namespace ModalAI.Tools;

/// <summary>What edits make of a content.</summary>
/// <param name="Content">The new content; null where nothing is to be changed.</param>
/// <param name="Message">What to tell the model.</param>
/// <param name="Failure">Why nothing is to be changed.</param>
internal sealed record EditOutcome(byte[]? Content, string Message, ToolFailure Failure = default);
