namespace ModalAI.Tools;

/// <summary>A change that a <see cref="FileTransaction"/> makes.</summary>
/// <param name="File">Position of the file among the requests.</param>
/// <param name="Content">Its new content; null to remove it.</param>
/// <param name="Like">Position of the file whose mode and owner a new file gets; null for none.</param>
internal sealed record FileChange(int File, byte[]? Content, int? Like = null);
