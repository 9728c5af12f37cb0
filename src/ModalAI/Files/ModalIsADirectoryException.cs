namespace ModalAI;

/// <summary>The path is a directory where a file was expected.</summary>
public sealed class ModalIsADirectoryException : ModalFileException
{
    internal ModalIsADirectoryException(string path, string message)
        : base(path, message)
    {
    }
}
