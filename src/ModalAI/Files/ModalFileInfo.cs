namespace ModalAI;

/// <summary>A file, directory or link in a sandbox.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its absolute path.</param>
/// <param name="Type">What it is; links are not followed.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Mode">File type and permissions, as in <c>st_mode</c>.</param>
/// <param name="Owner">Name of its owner, or the number where there is no name.</param>
/// <param name="Group">Name of its group, or the number.</param>
/// <param name="ModifiedAt">When it was last written.</param>
/// <param name="LinkTarget">What a symbolic link points to, as stored; null for others.</param>
public sealed record ModalFileInfo(
    string Name, string Path, ModalFileType Type, long Size, int Mode, string Owner, string Group, DateTimeOffset ModifiedAt, string? LinkTarget);
