using System.Buffers.Binary;
using System.Text;

namespace ModalAI.Emulator.Network;

/// <summary>The first message of a TLS client, as far as it says which host the client means (RFC 8446, RFC 6066).</summary>
internal static class ClientHello
{
    /// <summary>No client's first record is longer.</summary>
    public const int MaxLength = RecordHeader + (16 * 1024);

    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const int VersionAndRandom = 2 + 32;

    /// <summary>How many bytes the first record has, as far as can be seen; 0 when this is no TLS handshake.</summary>
    public static int LengthOf(ReadOnlySpan<byte> start)
    {
        const byte Handshake = 22;

        if (start.Length > 0 && start[0] != Handshake)
        {
            return 0;
        }

        var length = start.Length < RecordHeader ? RecordHeader : RecordHeader + BinaryPrimitives.ReadUInt16BigEndian(start[3..]);
        return length <= MaxLength ? length : 0;
    }

    /// <summary>The host that the client names; null when it names none, or the record is not what it should be.</summary>
    public static string? ReadServerName(ReadOnlySpan<byte> record)
    {
        const byte ClientHelloMessage = 1;

        var rest = record[RecordHeader..];
        if (rest.Length < MessageHeader || rest[0] != ClientHelloMessage)
        {
            return null;
        }

        rest = rest[MessageHeader..];
        return Skip(ref rest, VersionAndRandom)
            && Take(ref rest, 1, out _)
            && Take(ref rest, 2, out _)
            && Take(ref rest, 1, out _)
            && Take(ref rest, 2, out var extensions)
                ? FindServerName(extensions)
                : null;
    }

    private static string? FindServerName(ReadOnlySpan<byte> extensions)
    {
        const int ServerName = 0;
        const byte HostName = 0;

        while (extensions.Length >= 2)
        {
            var kind = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!Take(ref extensions, 2, out var content))
            {
                return null;
            }

            if (kind == ServerName)
            {
                return Take(ref content, 2, out var names) && names.Length > 0 && names[0] == HostName && (names = names[1..]).Length > 0 && Take(ref names, 2, out var name)
                    ? ReadName(name)
                    : null;
            }
        }

        return null;
    }

    private static string? ReadName(ReadOnlySpan<byte> name) => name.Length > 0 && Ascii.IsValid(name) ? Encoding.ASCII.GetString(name) : null;

    /// <summary>Takes a vector: its length in so many bytes, then its content.</summary>
    private static bool Take(ref ReadOnlySpan<byte> rest, int lengthBytes, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (rest.Length < lengthBytes)
        {
            return false;
        }

        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[lengthBytes..];
        if (rest.Length < length)
        {
            return false;
        }

        content = rest[..length];
        rest = rest[length..];
        return true;
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, int count)
    {
        if (rest.Length < count)
        {
            return false;
        }

        rest = rest[count..];
        return true;
    }
}
