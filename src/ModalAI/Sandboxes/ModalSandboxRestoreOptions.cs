using System.Diagnostics.CodeAnalysis;

namespace ModalAI;

/// <summary>How a sandbox is restored from a snapshot. All else is as it was in the sandbox that the snapshot was made of.</summary>
[Experimental("MODALAI003")]
public sealed record ModalSandboxRestoreOptions
{
    /// <summary>A name of its own, unique among the running sandboxes of the app; null for the name of the sandbox that the snapshot was made of, if it had one.</summary>
    public string? Name { get; init; }

    /// <summary>Gives it no name, though the sandbox that the snapshot was made of may have had one. Default false.</summary>
    public bool WithoutName { get; init; }

    /// <summary>Time limit of commands that name none; null for none but the sandbox's lifetime.</summary>
    public TimeSpan? CommandTimeout { get; init; }
}
