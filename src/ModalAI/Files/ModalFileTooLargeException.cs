namespace ModalAI;

/// <summary>The file is larger than can be read.</summary>
public sealed class ModalFileTooLargeException : ModalFileException
{
    internal ModalFileTooLargeException(string path, string message)
        : base(path, message)
    {
    }
}
