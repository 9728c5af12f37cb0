namespace ModalAI;

/// <summary>Which sandboxes to list.</summary>
public sealed record ModalSandboxFilter
{
    /// <summary>Those of this app; null for all of the environment.</summary>
    public string? AppName { get; init; }

    /// <summary>The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</summary>
    public string? Environment { get; init; }

    /// <summary>Those that have all of these tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Those too that have ended. Default false.</summary>
    public bool IncludeFinished { get; init; }
}
