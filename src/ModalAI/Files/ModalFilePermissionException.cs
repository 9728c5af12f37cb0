namespace ModalAI;

/// <summary>The sandbox does not permit the operation on this path.</summary>
public sealed class ModalFilePermissionException : ModalFileException
{
    internal ModalFilePermissionException(string path, string message)
        : base(path, message)
    {
    }
}
