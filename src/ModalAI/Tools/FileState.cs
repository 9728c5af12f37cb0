namespace ModalAI.Tools;

/// <summary>What a <see cref="FileTransaction"/> found.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Identity">Stands for its real path.</param>
/// <param name="Stamp">Stands for its content.</param>
/// <param name="Content">Its content, where that was asked for.</param>
/// <param name="Answer">What the script said of it.</param>
internal sealed record FileState(FileRequest Request, string Identity, string Stamp, byte[] Content, ToolAnswer Answer)
{
    public string Path => Request.Path;

    public FileNeed Need => Request.Need;

    /// <summary>Whether it is there, and what was asked for can be done with it.</summary>
    public bool Exists => Answer.Status is "content" or "file" or "link";

    /// <summary>Whether a file that is to be replaced begins with a byte order mark.</summary>
    public bool HasMark => Exists && Answer.Detail.StartsWith("mark", StringComparison.Ordinal);

    /// <summary>Whether all lines of a file that is to be replaced end in CR LF.</summary>
    public bool HasCrLf => Exists && Answer.Detail.EndsWith("crlf", StringComparison.Ordinal);

    /// <summary>Whether there is nothing in its place.</summary>
    public bool IsAbsent => Answer.Status is "missing" or "orphan" or "dangling";
}
