namespace ModalAI.Tools;

/// <summary>How a set of tools calls what the texts of the engine point to; phrases that fit behind "use". Those of Claude's names are the default.</summary>
internal sealed record ToolWords
{
    public static ToolWords Default { get; } = new();

    public string Read { get; init; } = "read";

    public string Write { get; init; } = "write";

    public string Edit { get; init; } = "edit";

    public string Glob { get; init; } = "glob";

    public string Grep { get; init; } = "grep";

    /// <summary>What runs a command line.</summary>
    public string Shell { get; init; } = "bash";

    /// <summary>What lists a directory.</summary>
    public string List { get; init; } = "bash (ls)";

    /// <summary>What looks at an image.</summary>
    public string View { get; init; } = "bash, as in: file, od -c, strings";

    /// <summary>The argument for the text that is replaced.</summary>
    public string OldText { get; init; } = "old_string";

    /// <summary>The argument for what comes in its place.</summary>
    public string NewText { get; init; } = "new_string";

    /// <summary>The argument for replacing all occurrences.</summary>
    public string ReplaceAll { get; init; } = "replace_all";

    /// <summary>The arguments for the first line and the number of lines of a read.</summary>
    public string Offset { get; init; } = "offset";

    public string Limit { get; init; } = "limit";
}
