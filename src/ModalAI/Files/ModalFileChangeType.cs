namespace ModalAI;

/// <summary>What has happened to a file or directory that is watched.</summary>
public enum ModalFileChangeType
{
    /// <summary>Something that Modal does not tell more of; changes may have been lost when there were too many.</summary>
    Unknown = 0,

    /// <summary>A file was opened, or closed after it was open for writing.</summary>
    Accessed,

    /// <summary>It is new.</summary>
    Created,

    /// <summary>Its content or its attributes were changed.</summary>
    Modified,

    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>It has another name, or has come from or gone to where nobody watches. Modal's own SDKs tell it as modified.</summary>
    Renamed,
}
