namespace ModalAI.Emulator.FileSystem;

/// <summary>The words that Modal's program tells changes by in <c>event_type</c>.</summary>
internal enum ChangeKind
{
    Unknown,
    Access,
    Create,
    Modify,
    Remove,

    /// <summary>Both names are known.</summary>
    Rename,

    /// <summary>The new name is not in sight.</summary>
    RenameFrom,

    /// <summary>The old name is not in sight.</summary>
    RenameTo,
}
