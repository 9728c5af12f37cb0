namespace ModalAI;

/// <summary>How an image is mounted into a running sandbox.</summary>
public sealed record ModalMountOptions
{
    /// <summary>The key that the image, a snapshot of a directory, was encrypted with; null for one that was not. An experiment of Modal's.</summary>
    public ReadOnlyMemory<byte>? EncryptionKey { get; init; }

    /// <summary>Without the key.</summary>
    public override string ToString() => $"{nameof(ModalMountOptions)}{(EncryptionKey is null ? "" : " (encrypted)")}";
}
