using System.Buffers.Text;
using System.Text;
using ModalAI.Configuration;

namespace ModalAI;

/// <summary>
/// What a file of a new sandbox holds. Exactly one of <see cref="Text"/>, <see cref="Base64"/>, <see cref="ContentFile"/> or bytes is
/// set. A plain string is text, and a byte array is bytes: <c>options.InitialFiles["/app/main.py"] = "print('hello')"</c>.
/// </summary>
/// <remarks>All files of a registration together hold at most 64 MiB.</remarks>
public sealed class ModalFileContent
{
    private ReadOnlyMemory<byte>? _bytes;

    /// <summary>The content as text, written as UTF-8 without a byte order mark. Default: <see langword="null"/>, not set.</summary>
    /// <remarks>Configuration key <c>InitialFiles:{path}</c> or <c>InitialFiles:{path}:Text</c>.</remarks>
    public string? Text { get; set; }

    /// <summary>The content's bytes in base64. Default: <see langword="null"/>, not set.</summary>
    /// <remarks>Configuration key <c>InitialFiles:{path}:Base64</c>.</remarks>
    public string? Base64 { get; set; }

    /// <summary>
    /// A file on this computer that holds the content, read each time a sandbox is created. A relative path starts at the current
    /// directory, which for most hosts is the content root. Default: <see langword="null"/>, not set.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>InitialFiles:{path}:ContentFile</c>. It comes from the application's configuration only: no tool lets a
    /// model name a file of the host.
    /// </remarks>
    public string? ContentFile { get; set; }

    /// <summary>How many kinds of content are set; one is right.</summary>
    internal int SourceCount =>
        (Text is null ? 0 : 1) + (Base64 is null ? 0 : 1) + (ContentFile is null ? 0 : 1) + (_bytes is null ? 0 : 1);

    /// <summary>Makes a file of this text, written as UTF-8.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator ModalFileContent(string text) => new() { Text = text };

    /// <summary>Makes a file of a copy of these bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public static implicit operator ModalFileContent(byte[]? bytes) => bytes is null ? new ModalFileContent() : (ReadOnlyMemory<byte>)bytes;

    /// <summary>Makes a file of a copy of these bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public static implicit operator ModalFileContent(ReadOnlyMemory<byte> bytes) => new() { _bytes = bytes.ToArray() };

    /// <summary>The content's size in bytes, or null when it cannot be told: nothing is set, the base64 is malformed, the file is missing.</summary>
    internal long? GetLength()
    {
        if (_bytes is { } bytes)
        {
            return bytes.Length;
        }

        if (Text is not null)
        {
            return Encoding.UTF8.GetByteCount(Text);
        }

        if (Base64 is not null)
        {
            return System.Buffers.Text.Base64.IsValid(Base64, out var length) ? length : null;
        }

        return ContentFile is not null && File.Exists(ContentFile) ? new FileInfo(ContentFile).Length : null;
    }

    /// <summary>Gets the bytes.</summary>
    /// <exception cref="InvalidOperationException">Nothing is set, or the content file is longer than all initial files may be.</exception>
    /// <exception cref="IOException">The content file cannot be read.</exception>
    /// <exception cref="FormatException">The base64 is malformed.</exception>
    internal async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_bytes is { } bytes)
        {
            return bytes;
        }

        if (Text is not null)
        {
            return Encoding.UTF8.GetBytes(Text);
        }

        if (Base64 is not null)
        {
            return Convert.FromBase64String(Base64);
        }

        if (ContentFile is null)
        {
            throw new InvalidOperationException("The file has no content: set Text, Base64 or ContentFile of its ModalFileContent.");
        }

        // Validation saw the file at start; it may have grown since.
        var length = new FileInfo(ContentFile).Length;
        if (length > SandboxOptionRules.MaxInitialFilesBytes)
        {
            throw new InvalidOperationException(
                $"The content file '{ContentFile}' has {length} bytes: "
                + $"initial files hold at most {SandboxOptionRules.MaxInitialFilesBytes} bytes together.");
        }

        return await File.ReadAllBytesAsync(ContentFile, cancellationToken).ConfigureAwait(false);
    }
}
