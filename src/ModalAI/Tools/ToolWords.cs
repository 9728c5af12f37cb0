namespace ModalAI.Tools;

/// <summary>
/// How a set of tools calls what the texts of the engines point to: phrases that fit behind "use", null for what the set does not have. Nothing that is
/// switched off or has another name is ever named. Those of Claude's names are the default.
/// </summary>
internal sealed record ToolWords
{
    public static ToolWords Default { get; } = new();

    public string? Read { get; init; } = "read";

    public string? Write { get; init; } = "write";

    public string? Edit { get; init; } = "edit";

    public string? Glob { get; init; } = "glob";

    public string? Grep { get; init; } = "grep";

    /// <summary>What runs a command line.</summary>
    public string? Shell { get; init; } = "bash";

    /// <summary>What lists a directory.</summary>
    public string? List { get; init; } = "bash (ls)";

    /// <summary>What looks at an image.</summary>
    public string? View { get; init; } = "bash (file, od -c, strings)";

    /// <summary>What reads a job's output.</summary>
    public string? ReadJob { get; init; } = "bash_output";

    /// <summary>What ends a job.</summary>
    public string? KillJob { get; init; } = "kill_bash";

    /// <summary>A sentence that says how long commands run, where that is not as in other sets; else null.</summary>
    public string? Sessions { get; init; }

    /// <summary>How a call asks for a longer time limit.</summary>
    public string? Timeout { get; init; } = "timeout_seconds";

    /// <summary>How a call asks for a job.</summary>
    public string? Background { get; init; } = "run_in_background";

    /// <summary>How a call asks for a job that takes input.</summary>
    public string? OpenInput { get; init; } = "run_in_background";

    /// <summary>How a call asks for a job's output from an offset.</summary>
    public string? Since { get; init; } = "since";

    /// <summary>The argument for a command line.</summary>
    public string Command { get; init; } = "command";

    /// <summary>The argument for the directory that a command runs in.</summary>
    public string Directory { get; init; } = "workdir";

    /// <summary>The argument for the text that is replaced.</summary>
    public string OldText { get; init; } = "old_string";

    /// <summary>The argument for what comes in its place.</summary>
    public string NewText { get; init; } = "new_string";

    /// <summary>How a call asks for replacing all occurrences.</summary>
    public string? ReplaceAll { get; init; } = "replace_all";

    /// <summary>How a call asks for replacing a file that exists; null where it is replaced unasked.</summary>
    public string? Overwrite { get; init; }

    /// <summary>How a call asks for reading from a line on.</summary>
    public string? Offset { get; init; } = "offset";

    /// <summary>What that argument is for the first line of a file.</summary>
    public int FirstLine { get; init; } = 1;

    /// <summary>What reads and searches a file.</summary>
    public string? ReadFile => (Grep, Read) switch
    {
        ({ } grep, { } read) => $"{grep} or {read}",
        var (grep, read) => grep ?? read ?? Shell,
    };

    /// <summary>A sentence that says what to use; nothing where the set does not have it.</summary>
    public static string Use(string? tool, string how = "") => tool is null ? "" : how.Length == 0 ? $" Use {tool}." : $" Use {tool} {how}.";
}
