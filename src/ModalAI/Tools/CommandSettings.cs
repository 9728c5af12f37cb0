namespace ModalAI.Tools;

/// <summary>How commands run for a set of tools, whatever those are called.</summary>
internal sealed record CommandSettings
{
    private const string SharedState = "shell";

    /// <summary>What keeps programs from asking, paging and colouring.</summary>
    public static readonly IReadOnlyDictionary<string, string> NonInteractive = new ModalSandboxToolOptions().EnvironmentVariables.AsReadOnly();

    /// <summary>Time limit of a command for which the call gives none. Default 120 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The longest time limit that a call can give to a command that is waited for. Default 600 seconds.</summary>
    public TimeSpan MaxTimeout { get; init; } = ToolLimits.CommandTimeout;

    /// <summary>After which time a command for which the call gives no time limit goes on as a job; null for never. Default 30 seconds.</summary>
    public TimeSpan? YieldAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the start of a job is waited for, which shows at once what fails at once. Default one second.</summary>
    public TimeSpan JobPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many jobs of a sandbox may run at once. Default 16.</summary>
    public int MaxJobs { get; init; } = 16;

    /// <summary>What a call shows of an output, in characters. Default 30,000.</summary>
    public int MaxOutputChars { get; init; } = ToolLimits.OutputChars;

    /// <summary>What it shows of one line. Default 2,000.</summary>
    public int MaxLineChars { get; init; } = ToolLimits.LineChars;

    /// <summary>
    /// Keeps standard error of commands apart from standard output, with half of the characters for each. Not of those that run on a terminal, and of those that
    /// a call starts as jobs or has go on as such. Default false.
    /// </summary>
    public bool SeparatesStreams { get; init; }

    /// <summary>How long the input for a job may take to be taken by it. Default 30 seconds.</summary>
    public TimeSpan InputTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether there is a next call in the same sandbox: only then jobs and files with whole outputs are of use. Default true.</summary>
    public bool IsSandboxKept { get; init; } = true;

    /// <summary>
    /// Variables for commands that the sandbox does not set itself; names of variables, and any values. Default <see cref="NonInteractive"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = NonInteractive;

    /// <summary>
    /// Name under which the working directory and the exported variables of one call are there for the next, 1 to 64 letters and digits; null for none. Default null.
    /// </summary>
    public string? StateKey { get; init; }

    /// <param name="options">The options of the tools.</param>
    /// <param name="timeout">Time limit of a command for which the call gives none.</param>
    /// <param name="isSandboxKept">Whether there is a next call in the same sandbox.</param>
    public static CommandSettings From(ModalSandboxToolOptions options, TimeSpan timeout, bool isSandboxKept) => new()
    {
        Timeout = timeout,
        MaxTimeout = options.MaxCommandTimeout,
        YieldAfter = isSandboxKept && !options.SeparateStreams && options.YieldAfter > TimeSpan.Zero ? options.YieldAfter : null,
        MaxJobs = options.MaxJobs,
        MaxOutputChars = options.MaxOutputChars,
        MaxLineChars = options.MaxLineChars,
        SeparatesStreams = options.SeparateStreams,
        IsSandboxKept = isSandboxKept,
        EnvironmentVariables = options.EnvironmentVariables.AsReadOnly(),
        StateKey = isSandboxKept && options.KeepShellState ? SharedState : null,
    };
}
