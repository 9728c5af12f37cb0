namespace ModalAI.Tools;

/// <summary>A sandbox has ended in the middle of a command.</summary>
/// <param name="output">What is shown of what the command had printed, from its own line on.</param>
/// <param name="innerException">How that was noticed.</param>
internal sealed class UnfinishedCommandException(string output, ModalException innerException)
    : ModalException(innerException.Code, innerException.Message, innerException)
{
    /// <summary>What is shown of what the command had printed.</summary>
    public string Output => output;
}
