namespace ModalAI.Tools;

/// <summary>An entry of a directory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsDirectory">Whether it is a directory, or a symbolic link to one.</param>
/// <param name="IsLink">Whether it is a symbolic link.</param>
/// <param name="Size">Size in bytes, of a link the one of its target; null where it is not known.</param>
/// <param name="Time">When it was changed last; null where that is not known.</param>
internal sealed record ListEntry(string Name, bool IsDirectory, bool IsLink, long? Size, DateTimeOffset? Time);
