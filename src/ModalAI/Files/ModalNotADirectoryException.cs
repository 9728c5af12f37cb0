namespace ModalAI;

/// <summary>The path, or a part of it, is a file where a directory was expected.</summary>
public sealed class ModalNotADirectoryException : ModalFileException
{
    internal ModalNotADirectoryException(string path, string message)
        : base(path, message)
    {
    }
}
