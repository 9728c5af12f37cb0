namespace ModalAI.Tests.Tools.Failures;

/// <summary>One way in which a call goes wrong.</summary>
/// <param name="Id">Its name, which is that of its directory in the sandbox too.</param>
/// <param name="Dialect">Whose functions are called.</param>
/// <param name="Tool">The function of the first call.</param>
/// <param name="Arguments">
/// What it is given; in texts <c>{here}</c> stands for the directory, and <c>{job}</c> for the job that <see cref="Job"/> has started.
/// </param>
internal sealed record FailureCase(string Id, ModalToolDialect Dialect, string Tool, IReadOnlyDictionary<string, object?> Arguments)
{
    public string Here => $"/work/{Id}";

    public FailureOutcome Outcome { get; private init; } = FailureOutcome.Told;

    /// <summary>What the first answer has to hold.</summary>
    public string Says { get; private init; } = "";

    /// <summary>A shell's condition, in the directory, that holds when the goal is reached; null for none.</summary>
    public string? Goal { get; private init; }

    /// <summary>What the last answer holds when the goal is reached; null for anything.</summary>
    public string? Sees { get; private init; }

    /// <summary>What a shell prepares in the directory. Where it fails, this computer can't have the case, and it is left out.</summary>
    public string SetUp { get; private init; } = "";

    /// <summary>A command that runs as a job before; null for none.</summary>
    public string? Job { get; private init; }

    /// <summary>A call that succeeds before, and a change past the tools after it.</summary>
    public (string Tool, string Change)? Stale { get; private init; }

    /// <summary>Those of the same name share a sandbox of their own, one after the other; null for the sandbox of all others.</summary>
    public string? Sandbox { get; private init; }

    public Action<ModalSandboxToolOptions> Configure { get; private init; } = static _ => { };

    public bool Publishes { get; private init; }

    public static FailureCase Claude(string id, string tool, params (string Name, object? Value)[] arguments) => Of(ModalToolDialect.Claude, id, tool, arguments);

    public static FailureCase OpenAI(string id, string tool, params (string Name, object? Value)[] arguments) => Of(ModalToolDialect.OpenAI, id, tool, arguments);

    public static FailureCase LangChain(string id, string tool, params (string Name, object? Value)[] arguments) => Of(ModalToolDialect.LangChain, id, tool, arguments);

    public static FailureCase AgentFramework(string id, string tool, params (string Name, object? Value)[] arguments) =>
        Of(ModalToolDialect.AgentFramework, id, tool, arguments);

    /// <summary>The text tells what is so, and no call mends it.</summary>
    public FailureCase IsTold(string says) => this with { Says = says, Outcome = FailureOutcome.Told };

    /// <summary>Following the text reaches the goal.</summary>
    public FailureCase Recovers(string says, string? goal = null, string? sees = null) =>
        this with { Says = says, Goal = goal, Sees = sees, Outcome = FailureOutcome.Recovers };

    /// <summary>The call succeeds.</summary>
    public FailureCase GoesUnnoticed(string sees = "exit code 0") => this with { Sees = sees, Outcome = FailureOutcome.Unnoticed };

    /// <summary>An exception with this code reaches the loop.</summary>
    public FailureCase IsTheOperators(string says = "") => this with { Says = says, Outcome = FailureOutcome.Operator };

    /// <summary>The application cancels it.</summary>
    public FailureCase IsCancelled() => this with { Outcome = FailureOutcome.Cancelled };

    public FailureCase After(string setUp) => this with { SetUp = setUp };

    public FailureCase WithJob(string command) => this with { Job = command };

    public FailureCase WithStale(string tool, string change) => this with { Stale = (tool, change) };

    public FailureCase In(string sandbox, Action<ModalSandboxToolOptions>? configure = null) => this with { Sandbox = sandbox, Configure = configure ?? Configure };

    public FailureCase With(Action<ModalSandboxToolOptions> configure) => this with { Configure = configure };

    public FailureCase Publishing() => this with { Publishes = true };

    private static FailureCase Of(ModalToolDialect dialect, string id, string tool, (string Name, object? Value)[] arguments) =>
        new(id, dialect, tool, arguments.ToDictionary(static argument => argument.Name, static argument => argument.Value));
}
