using Microsoft.Extensions.AI;

namespace ModalAI.Tools.Code;

/// <summary>A run of code, for the application.</summary>
/// <param name="Code">The code.</param>
/// <param name="Outputs">What it printed, and the files that it left.</param>
internal sealed record CodeRun(string Code, IList<AIContent> Outputs)
{
    /// <summary>The run as a service would report it that runs code itself.</summary>
    public IEnumerable<AIContent> ToContents(string callId)
    {
        yield return new CodeInterpreterToolCallContent(callId) { Inputs = [new DataContent(System.Text.Encoding.UTF8.GetBytes(Code), "text/x-python")] };
        yield return new CodeInterpreterToolResultContent(callId) { Outputs = Outputs };
    }
}
