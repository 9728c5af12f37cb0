namespace ModalAI;

/// <summary>The path exists already.</summary>
public sealed class ModalPathAlreadyExistsException : ModalFileException
{
    internal ModalPathAlreadyExistsException(string path, string message)
        : base(path, message)
    {
    }
}
