namespace ModalAI.Tools;

/// <summary>What all tools of a registration have in common, whatever sandbox they work in. Thread-safe.</summary>
internal sealed record ToolSetup
{
    public required ModalSandboxToolOptions Options { get; init; }

    /// <summary>Time limit of commands for which the model gives none.</summary>
    public TimeSpan CommandTimeout { get; init; } = ModalSandboxOptions.DefaultCommandTimeout;

    /// <summary>What is known of the sandboxes.</summary>
    public SandboxFacts Facts { get; init; } = SandboxFacts.Unknown;

    /// <summary>What models are told of the sandboxes, where their options are known.</summary>
    public ModalSandboxOptions? Sandboxes { get; init; }

    /// <summary>What takes the files that are published; null for nothing.</summary>
    public IModalArtifactSink? Sink { get; init; }

    /// <summary>How far the output of each job was read.</summary>
    public JobCursors Cursors { get; init; } = new();

    /// <summary>What programs the sandboxes have.</summary>
    public SandboxPrograms Programs { get; init; } = new();

    public static ToolSetup From(ModalSandboxOptions options, IModalArtifactSink? sink) => new()
    {
        Options = options.Tools.Clone(),
        CommandTimeout = options.EffectiveCommandTimeout,
        Facts = SandboxFacts.From(options),
        Sandboxes = options,
        Sink = sink,
    };

    /// <summary>The same for a sandbox that is not one of the registration's.</summary>
    public ToolSetup ForOther() => this with { Facts = SandboxFacts.Unknown, Sandboxes = null, Programs = new SandboxPrograms() };
}
