namespace ModalAI;

/// <summary>A command for a sandbox: what to run, and how. Arguments are passed as they are; no shell reads them but the one asked for.</summary>
public sealed record ModalCommand
{
    /// <summary>How many bytes of each output stream <see cref="ModalSandbox.ExecuteAsync(ModalCommand, CancellationToken)"/> keeps by default: 16 MiB.</summary>
    public const int DefaultMaxOutputBytes = 16 * 1024 * 1024;

    private ModalCommand(IReadOnlyList<string> arguments)
    {
        Arguments = arguments;
    }

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>Absolute path to run in; null for the sandbox's working directory.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Environment variables beside the sandbox's own; they go before secrets.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>Secrets for this command alone.</summary>
    public IReadOnlyList<ModalSecret> Secrets { get; init; } = [];

    /// <summary>
    /// Time limit, rounded up to whole seconds; the command is killed when it passes and the sandbox lives on. Null for the sandbox's default,
    /// <see cref="Timeout.InfiniteTimeSpan"/> for none but the sandbox's lifetime.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Writes standard error into standard output, in the order in which the command writes. Default false.</summary>
    public bool MergeOutput { get; init; }

    /// <summary>Throws standard output away in the sandbox: it is neither kept nor sent, and the command never waits for a reader. Default false.</summary>
    public bool DiscardOutput { get; init; }

    /// <summary>Throws standard error away in the sandbox, likewise. Default false.</summary>
    public bool DiscardError { get; init; }

    /// <summary>
    /// Runs the command on a terminal of its own; null, the default, for pipes. Everything that it prints is standard output then, lines end in CR LF, what is written to its
    /// input is typed, and the character 3 (Ctrl-C) interrupts it. The end of the input is typed too (Ctrl-D), so it reaches programs that read lines.
    /// </summary>
    public ModalPty? Pty { get; init; }

    /// <summary>
    /// What the command reads from standard input; null for nothing: it is closed at once. The stream is read to its end and not disposed of.
    /// Used by <see cref="ModalSandbox.ExecuteAsync(ModalCommand, CancellationToken)"/>; a started process has an input stream of its own.
    /// </summary>
    public Stream? StandardInput { get; init; }

    /// <summary>How many bytes of each output stream are kept, half from the start and half from the end. Default <see cref="DefaultMaxOutputBytes"/>.</summary>
    public int MaxOutputBytes { get; init; } = DefaultMaxOutputBytes;

    /// <summary>A program and its arguments, run without a shell.</summary>
    /// <param name="program">Name or path of the program.</param>
    /// <param name="arguments">Its arguments, passed as they are.</param>
    public static ModalCommand Create(string program, params IEnumerable<string> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(arguments);
        return new ModalCommand([program, .. arguments]);
    }

    /// <summary>A command line for the sandbox's shell: <c>/bin/sh -c COMMAND</c>.</summary>
    /// <param name="commandLine">The command line.</param>
    public static ModalCommand Shell(string commandLine)
    {
        ArgumentException.ThrowIfNullOrEmpty(commandLine);
        return new ModalCommand(["/bin/sh", "-c", commandLine]);
    }

    /// <summary>The program's name alone: arguments may hold what belongs in no log.</summary>
    public override string ToString() => Arguments[0];
}
