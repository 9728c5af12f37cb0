namespace ModalAI.Tools;

/// <summary>What a set of tools is, for those who describe it.</summary>
internal sealed record InstructionFacts
{
    /// <summary>Names of the tools.</summary>
    public required IReadOnlyList<string> Tools { get; init; }

    /// <summary>How long a sandbox lives.</summary>
    public required SandboxLife Life { get; init; }

    /// <summary>What the sandboxes are made of; null where that is not known.</summary>
    public ModalSandboxOptions? Sandboxes { get; init; }

    /// <summary>How the tools are called.</summary>
    public ToolWords Words { get; init; } = ToolWords.Default;

    /// <summary>How commands run.</summary>
    public CommandSettings Settings { get; init; } = new();

    /// <summary>What publishes files; null for nothing.</summary>
    public string? Publish { get; init; }

    /// <summary>What programs there are, as a sentence; null where nobody has looked yet.</summary>
    public string? Programs { get; init; }
}
