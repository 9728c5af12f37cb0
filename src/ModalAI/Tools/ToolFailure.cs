namespace ModalAI.Tools;

/// <summary>Why an operation did nothing.</summary>
internal enum ToolFailure
{
    /// <summary>The arguments make no sense, whatever the sandbox holds.</summary>
    InvalidArgument,

    /// <summary>There is no such file or directory.</summary>
    NotFound,

    /// <summary>It is a directory, not a file.</summary>
    IsDirectory,

    /// <summary>It is a file, not a directory.</summary>
    NotADirectory,

    /// <summary>It is a device, a pipe or a socket.</summary>
    SpecialFile,

    /// <summary>The sandbox's user may not.</summary>
    Denied,

    /// <summary>It holds no text.</summary>
    Binary,

    /// <summary>It is larger than what is taken.</summary>
    TooLarge,

    /// <summary>Text or lines that are to be changed are not there.</summary>
    NoMatch,

    /// <summary>Text that is to be changed is there more than once.</summary>
    Ambiguous,

    /// <summary>It has changed since it was read.</summary>
    Changed,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>Something else in the sandbox.</summary>
    Failed,
}
