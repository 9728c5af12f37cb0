using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ModalAI.Files;

/// <summary>The 512 bytes that a tar archive (ustar, as GNU and BusyBox extend it) has before each entry.</summary>
internal static class TarHeader
{
    public const int BlockSize = 512;

    private const int NameLength = 100;
    private const int ModeOffset = 100;
    private const int SizeOffset = 124;
    private const int TimeOffset = 136;
    private const int SumOffset = 148;
    private const int TypeOffset = 156;
    private const int LinkOffset = 157;
    private const int MagicOffset = 257;
    private const int PrefixOffset = 345;
    private const int PrefixLength = 155;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool IsEmpty(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    public static byte TypeOf(ReadOnlySpan<byte> block) => block[TypeOffset];

    public static int ModeOf(ReadOnlySpan<byte> block) => (int)(Number(block.Slice(ModeOffset, 8)) & 0xFFF);

    public static long SizeOf(ReadOnlySpan<byte> block) => Number(block.Slice(SizeOffset, 12));

    public static long TimeOf(ReadOnlySpan<byte> block) => Number(block.Slice(TimeOffset, 12));

    public static string LinkOf(ReadOnlySpan<byte> block) => Text(block.Slice(LinkOffset, NameLength));

    public static string NameOf(ReadOnlySpan<byte> block)
    {
        var name = Text(block[..NameLength]);

        // GNU's own archives, which end the magic word with a blank, have other things there.
        return block.Slice(MagicOffset, 6).SequenceEqual("ustar\0"u8) && Text(block.Slice(PrefixOffset, PrefixLength)) is { Length: > 0 } prefix
            ? $"{prefix}/{name}"
            : name;
    }

    /// <exception cref="InvalidDataException">It is no header.</exception>
    public static void Check(ReadOnlySpan<byte> block)
    {
        if (Number(block.Slice(SumOffset, 8)) != Sum(block))
        {
            throw new InvalidDataException("The archive is damaged: an entry's check sum is wrong.");
        }
    }

    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        try
        {
            return Strict.GetString(end < 0 ? field : field[..end]);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException("The archive holds a name that is not UTF-8, which cannot be copied.", exception);
        }
    }

    /// <summary>Writes a header; names must fit.</summary>
    public static void Write(Span<byte> block, byte type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> link, int mode, long size, long time)
    {
        block.Clear();
        name.CopyTo(block[..NameLength]);
        link.CopyTo(block.Slice(LinkOffset, NameLength));
        WriteNumber(block.Slice(ModeOffset, 8), mode);
        WriteNumber(block.Slice(108, 8), 0);
        WriteNumber(block.Slice(116, 8), 0);
        WriteNumber(block.Slice(SizeOffset, 12), size);
        WriteNumber(block.Slice(TimeOffset, 12), Math.Max(0, time));
        block[TypeOffset] = type;
        "ustar  \0"u8.CopyTo(block[MagicOffset..]);
        WriteNumber(block.Slice(SumOffset, 7), Sum(block));
        block[SumOffset + 7] = (byte)' ';
    }

    /// <summary>Octal digits, or, where they do not suffice, the number itself behind a marker bit.</summary>
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            // Negative ones too, such as the times of very old files.
            var value = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return field.Length > 8 ? value : value & 0x00FF_FFFF_FFFF_FFFF;
        }

        long number = 0;
        foreach (var digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                throw new InvalidDataException("The archive is damaged: an entry has a number that is none.");
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return number;
    }

    private static void WriteNumber(Span<byte> field, long number)
    {
        var digits = Convert.ToString(number, 8).PadLeft(field.Length - 1, '0');
        if (digits.Length < field.Length)
        {
            Encoding.ASCII.GetBytes(digits, field);
            return;
        }

        BinaryPrimitives.WriteInt64BigEndian(field[^8..], number);
        field[0] |= 0x80;
    }

    private static long Sum(ReadOnlySpan<byte> block)
    {
        long sum = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            // The sum's own field counts as blanks.
            sum += i is >= SumOffset and < SumOffset + 8 ? (byte)' ' : block[i];
        }

        return sum;
    }
}
