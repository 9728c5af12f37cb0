namespace ModalAI.Tools;

/// <summary>What a search of contents answers with.</summary>
internal enum GrepMode
{
    /// <summary>Paths of files.</summary>
    FilesWithMatches,

    /// <summary>Lines, with path and number.</summary>
    Content,

    /// <summary>Number of lines for each file.</summary>
    Count,
}
