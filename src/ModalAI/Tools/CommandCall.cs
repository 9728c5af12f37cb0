namespace ModalAI.Tools;

/// <summary>A command line that a model wants run.</summary>
/// <param name="Command">The command line, of any number of lines.</param>
internal sealed record CommandCall(string Command)
{
    /// <summary>Time limit; null for the one of the settings, and for a job none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Directory to run in, absolute, from the working directory, or from the home directory with <c>~/</c>; null for the working directory.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Runs it as a job from the start.</summary>
    public bool InBackground { get; init; }

    /// <summary>After which time it goes on as a job; null for what the settings say.</summary>
    public TimeSpan? YieldAfter { get; init; }

    /// <summary>
    /// Has no time limit when it goes on as a job. Where it can't, as too many jobs run, it is killed at the limit of the settings.
    /// </summary>
    public bool IsSession { get; init; }

    /// <summary>What runs in the place of a shell's command line, which is a description then; null for a shell.</summary>
    public ModalCommand? Program { get; init; }

    /// <summary>What it reads; null for nothing.</summary>
    public Stream? Input { get; init; }

    /// <summary>Leaves the input open for <see cref="JobTool.WriteAsync"/>. Default false: it is closed.</summary>
    public bool KeepsInputOpen { get; init; }

    /// <summary>Runs it on a terminal.</summary>
    public bool HasTerminal { get; init; }

    /// <summary>The shell, by name or path; null for bash, or sh where there is none.</summary>
    public string? Shell { get; init; }

    /// <summary>Has the shell read its profile first.</summary>
    public bool IsLogin { get; init; }

    /// <summary>Keeps standard error apart from standard output, with half of the characters for each. It does not go on as a job then.</summary>
    public bool SeparatesError { get; init; }

    /// <summary>What is shown of the output, in characters; null for what the settings say.</summary>
    public int? MaxOutputChars { get; init; }
}
