namespace ModalAI.Emulator.FileSystem;

/// <summary>What a watch is to tell, and for how long.</summary>
/// <param name="Recursive">Whether directories below are watched too.</param>
/// <param name="Filter">The kinds to tell; null for all.</param>
/// <param name="Timeout">When to end; null for never.</param>
internal sealed record WatchOptions(bool Recursive, IReadOnlySet<ChangeKind>? Filter, TimeSpan? Timeout);
