namespace ModalAI;

/// <summary>A file operation in a sandbox failed. What callers act on differently has types of its own.</summary>
public class ModalFileException : ModalException
{
    internal ModalFileException(string path, string message, Exception? innerException = null)
        : base(ModalErrorCode.FileOperationFailed, message, innerException)
    {
        Path = path;
    }

    /// <summary>The path in the sandbox.</summary>
    public string Path { get; }
}
