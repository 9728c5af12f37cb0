namespace ModalAI.Tools;

/// <summary>What an operation came to.</summary>
/// <param name="Text">What a model is told.</param>
/// <param name="Failure">Why nothing was done; null where it was done.</param>
internal record ToolReply(string Text, ToolFailure? Failure = null)
{
    /// <summary>A failure that a model can act on.</summary>
    public static ToolReply Fail(ToolFailure failure, string text) => new(ToolText.Error(text), failure);
}
