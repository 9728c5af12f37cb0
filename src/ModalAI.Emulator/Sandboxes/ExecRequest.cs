namespace ModalAI.Emulator.Sandboxes;

/// <summary>A command to run, after its request was checked.</summary>
internal sealed record ExecRequest
{
    public required string Id { get; init; }

    /// <summary>Empty for the main container.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>Whether it is a container's own command, which does not count as something going on in the sandbox.</summary>
    public bool IsEntrypoint { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>On top of the sandbox's own variables, and stronger.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Null for the sandbox's own.</summary>
    public string? WorkingDirectory { get; init; }

    public TimeSpan? Timeout { get; init; }

    public bool KeepOutput { get; init; } = true;

    public bool KeepError { get; init; } = true;

    public bool MergeErrorIntoOutput { get; init; }

    /// <summary>The terminal to run on; null for pipes.</summary>
    public TerminalRequest? Terminal { get; init; }
}
