namespace ModalAI.Tools;

/// <summary>A file of a <see cref="FileTransaction"/>.</summary>
/// <param name="Path">Its path, as the model gave it.</param>
/// <param name="Need">What is to become of it.</param>
internal sealed record FileRequest(string Path, FileNeed Need);
