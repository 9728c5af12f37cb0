namespace ModalAI;

/// <summary>Which of a sandbox's log entries to fetch, for <see cref="ModalSandboxLogs.FetchAsync"/>.</summary>
public sealed record ModalLogQuery
{
    /// <summary>From when on.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Up to when, without it; null for now. At most 35 days after <see cref="Since"/>.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Those of one source; null for all.</summary>
    public ModalLogSource? Source { get; init; }

    /// <summary>Those that hold this text; empty for all.</summary>
    public string SearchText { get; init; } = "";
}
