namespace ModalAI;

/// <summary>What <see cref="ModalSandboxFiles.WatchAsync"/> tells, and for how long.</summary>
public sealed record ModalWatchOptions
{
    /// <summary>Watches directories below too, also those that come later. Default false.</summary>
    public bool Recursive { get; init; }

    /// <summary>The changes to tell; null, the default, for all; an empty list for none.</summary>
    public IReadOnlyList<ModalFileChangeType>? Types { get; init; }

    /// <summary>Ends the watch after so long, in whole seconds, rounded up; null, the default, for never.</summary>
    public TimeSpan? Timeout { get; init; }
}
