namespace ModalAI.Tools.Dialects;

/// <summary>A function that a dialect has.</summary>
/// <param name="Name">The name that the dialect gives it.</param>
/// <param name="Effect">What it can do at most.</param>
/// <param name="Need">What it is of no use without.</param>
internal sealed record ToolSpec(string Name, ModalToolEffect Effect, ToolNeed Need = ToolNeed.Nothing);
