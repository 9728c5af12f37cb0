namespace ModalAI.Tools;

/// <summary>What the operations on files work with.</summary>
/// <param name="Sandbox">Where the files are.</param>
internal sealed record FileToolContext(ModalSandbox Sandbox)
{
    public FileToolLimits Limits { get; init; } = FileToolLimits.Default;

    /// <summary>Name of the tool that was called.</summary>
    public string Tool { get; init; } = "the tool";

    public ToolWords Words { get; init; } = ToolWords.Default;

    /// <summary>The files that the conversation has seen; null where nobody is kept from changing a file that has changed meanwhile.</summary>
    public SeenFiles? Seen { get; init; }
}
