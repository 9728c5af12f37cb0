namespace ModalAI.Tools;

/// <summary>
/// How a set of tools calls what the texts about commands point to, as one would write it behind "use"; null for what the set does not have.
/// </summary>
internal sealed record CommandWords
{
    /// <summary>The tool's own name.</summary>
    public string Run { get; init; } = "bash";

    /// <summary>How a call asks for a longer time limit.</summary>
    public string? Timeout { get; init; } = "timeout_seconds";

    /// <summary>How a call asks for a job.</summary>
    public string? Background { get; init; } = "run_in_background";

    /// <summary>What reads a job's output.</summary>
    public string? ReadJob { get; init; } = "bash_output";

    /// <summary>How that is asked for output from an offset.</summary>
    public string? Since { get; init; } = "since";

    /// <summary>What ends a job.</summary>
    public string? KillJob { get; init; } = "kill_bash";

    /// <summary>What reads and searches a file.</summary>
    public string ReadFile { get; init; } = "grep or read";
}
