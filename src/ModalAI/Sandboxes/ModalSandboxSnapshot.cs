using System.Diagnostics.CodeAnalysis;

namespace ModalAI;

/// <summary>
/// A snapshot of a sandbox's files and memory, made by <see cref="ModalSandbox.SnapshotMemoryAsync"/>; <see cref="ModalSandboxes.RestoreAsync"/> makes a new sandbox
/// of it. Modal keeps it for seven days.
/// </summary>
[Experimental("MODALAI003")]
public sealed record ModalSandboxSnapshot
{
    private ModalSandboxSnapshot(string id, bool? isV2)
    {
        Id = id;
        IsV2 = isV2;
    }

    /// <summary>Its id (<c>sn-…</c>).</summary>
    public string Id { get; }

    /// <summary>Whether it was made of a sandbox on the V2 backend, to which it is restored; null when it is not known yet.</summary>
    internal bool? IsV2 { get; }

    /// <summary>A snapshot by its id. Asks Modal nothing.</summary>
    /// <param name="id">The id (<c>sn-…</c>).</param>
    public static ModalSandboxSnapshot FromId(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ModalSandboxSnapshot(id, null);
    }

    /// <inheritdoc/>
    public override string ToString() => Id;

    internal static ModalSandboxSnapshot Create(string id, bool isV2) => new(id, isV2);
}
