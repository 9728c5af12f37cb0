namespace ModalAI.Tools;

/// <summary>What the operations on files take and give at most; the defaults are those of <see cref="ToolLimits"/>.</summary>
internal sealed record FileToolLimits
{
    public static FileToolLimits Default { get; } = new();

    public static FileToolLimits From(ModalSandboxToolOptions options) => new()
    {
        ReadBytes = options.MaxReadBytes,
        LineChars = options.MaxLineChars,
        WrittenBytes = options.MaxWriteBytes,
        GrepLineChars = Math.Min(options.MaxLineChars, ToolLimits.GrepLineChars),
        OutputChars = options.MaxOutputChars,
        MediaBytes = options.MaxMediaBytes,
        PublishedBytes = options.MaxPublishBytes,
        PublishTimeout = options.PublishTimeout,
        WorkTimeout = options.FileTimeout,
    };

    /// <summary>Bytes of numbered lines that one read answers with.</summary>
    public int ReadBytes { get; init; } = ToolLimits.ReadBytes;

    /// <summary>Characters of one line of a read.</summary>
    public int LineChars { get; init; } = ToolLimits.LineChars;

    /// <summary>Bytes of a file that is written.</summary>
    public int WrittenBytes { get; init; } = ToolLimits.WrittenBytes;

    /// <summary>Bytes of a file that is edited.</summary>
    public int EditedFileBytes { get; init; } = ToolLimits.EditedFileBytes;

    /// <summary>Bytes of all files that one call edits.</summary>
    public int EditedBytes { get; init; } = ToolLimits.EditedBytes;

    /// <summary>Bytes of a patch.</summary>
    public int PatchBytes { get; init; } = ToolLimits.PatchBytes;

    /// <summary>Files that a patch names.</summary>
    public int PatchFiles { get; init; } = ToolLimits.PatchFiles;

    /// <summary>Files that a search for names answers with.</summary>
    public int GlobFiles { get; init; } = ToolLimits.GlobFiles;

    /// <summary>Entries that a listing of a directory answers with.</summary>
    public int ListedEntries { get; init; } = ToolLimits.ListedEntries;

    /// <summary>Characters of a line that a search of contents answers with.</summary>
    public int GrepLineChars { get; init; } = ToolLimits.GrepLineChars;

    /// <summary>Characters of the answer of a search.</summary>
    public int OutputChars { get; init; } = ToolLimits.OutputChars;

    /// <summary>Bytes of an image or other medium that is given to a model.</summary>
    public int MediaBytes { get; init; } = ToolLimits.MediaBytes;

    /// <summary>Bytes of a file that is published.</summary>
    public long PublishedBytes { get; init; } = ToolLimits.PublishedBytes;

    /// <summary>How long the application may take over a file that is published.</summary>
    public TimeSpan PublishTimeout { get; init; } = ToolLimits.PublishTimeout;

    /// <summary>How long the work of one call may take in the sandbox.</summary>
    public TimeSpan WorkTimeout { get; init; } = ToolLimits.WorkTimeout;
}
