namespace ModalAI;

/// <summary>How a snapshot of a directory is made, and for how long it is kept.</summary>
public sealed record ModalDirectorySnapshotOptions : ModalSnapshotOptions
{
    /// <summary>
    /// A key of 16 to 512 bytes that the snapshot is encrypted with, and that <see cref="ModalSandbox.MountImageAsync"/> then needs; null for none. Modal does not
    /// keep it. An experiment of Modal's.
    /// </summary>
    public ReadOnlyMemory<byte>? EncryptionKey { get; init; }

    /// <summary>Without the key.</summary>
    public override string ToString() => $"{nameof(ModalDirectorySnapshotOptions)} ({TimeToLive}{(EncryptionKey is null ? "" : ", encrypted")})";
}
