namespace ModalAI.Tools;

/// <summary>What is to become of a file, which decides what has to be known of it.</summary>
internal enum FileNeed
{
    /// <summary>Its content is to be changed.</summary>
    Content,

    /// <summary>It is to be made, or to be replaced as a whole.</summary>
    State,

    /// <summary>It is to be removed from its directory; a symbolic link is not followed.</summary>
    Entry,
}
