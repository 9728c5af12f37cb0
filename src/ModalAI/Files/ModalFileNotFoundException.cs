namespace ModalAI;

/// <summary>The file or directory does not exist.</summary>
public sealed class ModalFileNotFoundException : ModalFileException
{
    internal ModalFileNotFoundException(string path, string message)
        : base(path, message)
    {
    }
}
