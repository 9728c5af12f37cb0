namespace ModalAI;

/// <summary>What an entry of a directory is.</summary>
public enum ModalFileType
{
    /// <summary>Something else, such as a device.</summary>
    Other = 0,

    /// <summary>A file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link, not followed.</summary>
    SymbolicLink,
}
