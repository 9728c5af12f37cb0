using System.Text;

namespace ModalAI.Configuration;

/// <summary>Reads text files that need not be what they are said to be.</summary>
internal static class BoundedText
{
    internal const int MaxBytes = 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All of the text, without a byte order mark.</summary>
    /// <exception cref="FormatException">It is longer than 1 MiB, or not UTF-8.</exception>
    internal static string Read(Stream stream)
    {
        var bytes = new byte[MaxBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaxBytes)
        {
            throw new FormatException($"it is longer than {MaxBytes} bytes.");
        }

        var content = bytes.AsSpan(0, length);
        try
        {
            return StrictUtf8.GetString(content.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException("it is not UTF-8 text.");
        }
    }
}
