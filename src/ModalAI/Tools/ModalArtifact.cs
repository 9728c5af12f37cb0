namespace ModalAI;

/// <summary>A file that an agent published out of its sandbox. All of it comes from the sandbox: treat it as you treat an upload of a stranger.</summary>
public sealed class ModalArtifact
{
    internal ModalArtifact(string name, string mediaType, long length, Stream content)
    {
        Name = name;
        MediaType = mediaType;
        Length = length;
        Content = content;
    }

    /// <summary>
    /// The file's name, without a directory; never empty, at most 120 characters, without characters that mean something to a file system. Two files may have the
    /// same name.
    /// </summary>
    public string Name { get; }

    /// <summary>
    /// Media type: by the first bytes where they tell one; <c>text/plain</c> for what may be text, else <c>application/octet-stream</c>.
    /// </summary>
    public string MediaType { get; }

    /// <summary>Bytes of the content.</summary>
    public long Length { get; }

    /// <summary>
    /// The content, streamed out of the sandbox as it is read. Reading throws a <see cref="ModalException"/> with <see cref="ModalErrorCode.DataLoss"/> where the file
    /// gets shorter meanwhile.
    /// </summary>
    public Stream Content { get; }
}
