namespace ModalAI.Tools;

/// <summary>A sandbox has ended in the middle of a command.</summary>
/// <param name="output">What is shown of what the command had printed, from its own line on.</param>
/// <param name="noticed">How that was noticed.</param>
internal sealed class UnfinishedCommandException(string output, ModalException noticed)
    : ModalException(noticed.Code, noticed.Message, noticed.InnerException)
{
    /// <summary>What is shown of what the command had printed.</summary>
    public string Output => output;
}
