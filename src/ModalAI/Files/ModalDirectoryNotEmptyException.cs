namespace ModalAI;

/// <summary>The directory is not empty, and its content was not to be removed.</summary>
public sealed class ModalDirectoryNotEmptyException : ModalFileException
{
    internal ModalDirectoryNotEmptyException(string path, string message)
        : base(path, message)
    {
    }
}
