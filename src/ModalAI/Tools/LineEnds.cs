using System.Text;

namespace ModalAI.Tools;

/// <summary>The ends of a content's lines.</summary>
internal static class LineEnds
{
    /// <summary>What some files of UTF-8 begin with.</summary>
    public static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Whether all lines end in CR LF.</summary>
    public static bool UsesCrLf(ReadOnlySpan<byte> content)
    {
        var lines = content.Count((byte)'\n');
        return lines > 0 && lines == content.Count("\r\n"u8);
    }

    /// <summary>The text with all its lines ending in CR LF.</summary>
    public static byte[] ToCrLf(byte[] text) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text).Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal));

    /// <summary>Where the lines begin; a last one that is empty is none.</summary>
    public static List<int> Starts(ReadOnlySpan<byte> content)
    {
        var starts = new List<int>();
        for (var at = 0; at < content.Length;)
        {
            starts.Add(at);
            var length = content[at..].IndexOf((byte)'\n');
            at = length < 0 ? content.Length : at + length + 1;
        }

        return starts;
    }
}
