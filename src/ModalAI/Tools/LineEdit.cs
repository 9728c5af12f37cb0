namespace ModalAI.Tools;

/// <summary>One replacement of whole lines.</summary>
/// <param name="First">Number of the first line that is replaced.</param>
/// <param name="Last">Number of the last one; one less than <paramref name="First"/> to insert before it.</param>
/// <param name="NewText">What comes in their place; empty for nothing. It gets an end of line where it lacks one.</param>
internal sealed record LineEdit(int First, int Last, byte[] NewText);
