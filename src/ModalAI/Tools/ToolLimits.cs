namespace ModalAI.Tools;

/// <summary>What a tool takes and gives at most. The numbers are those that models know from other agents' tools.</summary>
internal static class ToolLimits
{
    /// <summary>Output of a command: a third from its start, two thirds from its end, where errors stand.</summary>
    public const int OutputChars = 30_000;

    /// <summary>One line of output or of a file; a minified line would fill a conversation.</summary>
    public const int LineChars = 2_000;

    /// <summary>Output that is kept of a command while it runs, to choose from.</summary>
    public const int CapturedBytes = 2 * 1024 * 1024;

    /// <summary>An error text.</summary>
    public const int ErrorChars = 600;

    /// <summary>Arguments of a process take 64 KiB in all; a command line beyond this goes through standard input.</summary>
    public const int ArgumentBytes = 48 * 1024;

    /// <summary>A command line, however it travels.</summary>
    public const int CommandBytes = 1024 * 1024;

    /// <summary>What one call gives a job to read.</summary>
    public const int InputBytes = 1024 * 1024;

    /// <summary>A path, as Linux has it.</summary>
    public const int PathBytes = 4096;

    /// <summary>A pattern of grep.</summary>
    public const int PatternBytes = 4096;

    public const int GlobPatternBytes = 512;

    /// <summary>What the braces of a pattern may stand for.</summary>
    public const int PatternAlternatives = 64;

    /// <summary>All those together: each may become two arguments that are twice as long.</summary>
    public const int PatternAlternativesBytes = 8 * 1024;

    public const int ReadLines = 2_000;
    public const int ReadBytes = 50 * 1024;

    /// <summary>A larger file's lines are not counted: that would read all of it.</summary>
    public const int CountedFileBytes = 16 * 1024 * 1024;

    public const int WrittenBytes = 16 * 1024 * 1024;
    public const int EditedFileBytes = 5 * 1024 * 1024;

    /// <summary>All files that one call edits.</summary>
    public const int EditedBytes = 32 * 1024 * 1024;

    public const int GlobFiles = 200;

    /// <summary>Entries of a directory.</summary>
    public const int ListedEntries = 1_000;

    /// <summary>An image or another medium, which grows by a third on its way to a model: providers take 5 MB.</summary>
    public const int MediaBytes = 3_750_000;

    /// <summary>A file that is handed to the application.</summary>
    public const long PublishedBytes = 100 * 1024 * 1024;

    /// <summary>Most files of one patch.</summary>
    public const int PatchFiles = 100;

    public const int PatchBytes = 5 * 1024 * 1024;

    /// <summary>Names that one search for files brings over.</summary>
    public const int GlobBytes = 8 * 1024 * 1024;

    public const int GrepMatches = 100;

    /// <summary>The largest number of matches that can be asked for.</summary>
    public const int MaxGrepMatches = 1_000;

    /// <summary>Lines around a match.</summary>
    public const int GrepContextLines = 20;
    public const int GrepLineChars = 500;

    /// <summary>The longest time limit that a command can be given, unless the registration's own is longer.</summary>
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

    /// <summary>How long the work of a tool other than bash may take in the sandbox.</summary>
    public static readonly TimeSpan WorkTimeout = TimeSpan.FromMinutes(1);

    /// <summary>How long the application may take over a file that is published.</summary>
    public static readonly TimeSpan PublishTimeout = TimeSpan.FromMinutes(10);
}
