using System.Globalization;
using System.Text;

namespace ModalAI.Files;

/// <summary>
/// Reads a tar archive that need not mean well: memory is bounded whatever its headers say. Knows ustar, the long names of GNU and BusyBox, and the records of
/// POSIX for names and sizes.
/// </summary>
/// <param name="archive">The archive; not disposed of.</param>
/// <param name="limit">The most bytes of it that are read.</param>
internal sealed class TarReader(Stream archive, long limit)
{
    /// <summary>Longer than any path can be.</summary>
    private const int MaxRecordBytes = 64 * 1024;

    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private long _read;
    private long _left;
    private int _padding;

    /// <summary>Whether reading ended because the archive is longer than the limit.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>The next entry, past what was not read of the last one; null at the end.</summary>
    /// <exception cref="InvalidDataException">It is no archive, or a damaged one.</exception>
    public async ValueTask<TarEntry?> ReadEntryAsync(CancellationToken cancellationToken)
    {
        var named = new Overrides();
        while (true)
        {
            await SkipAsync(cancellationToken).ConfigureAwait(false);
            if (!await ReadBlockAsync(cancellationToken).ConfigureAwait(false) || TarHeader.IsEmpty(_block))
            {
                return null;
            }

            TarHeader.Check(_block);
            var type = TarHeader.TypeOf(_block);
            var size = TarHeader.SizeOf(_block);
            switch ((char)type)
            {
                case 'L':
                    named.Name = TarHeader.Text(await ReadRecordAsync(size, cancellationToken).ConfigureAwait(false));
                    break;
                case 'K':
                    named.Link = TarHeader.Text(await ReadRecordAsync(size, cancellationToken).ConfigureAwait(false));
                    break;
                case 'x':
                    named.ReadRecords(await ReadRecordAsync(size, cancellationToken).ConfigureAwait(false));
                    break;
                case 'g':
                    Begin(size);
                    break;
                default:
                    return Describe(type, size, named);
            }
        }
    }

    /// <summary>Reads bytes of the present entry; 0 at its end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var wanted = (int)Math.Min(buffer.Length, _left);
        if (wanted == 0)
        {
            return 0;
        }

        var count = await archive.ReadAsync(buffer[..wanted], cancellationToken).ConfigureAwait(false);
        _left -= count;
        Count(count);
        return count > 0 ? count : throw Incomplete();
    }

    private static InvalidDataException Incomplete() => new("The archive is incomplete.");

    private TarEntry Describe(byte type, long size, Overrides named)
    {
        var kind = (char)type switch
        {
            '0' or '\0' or '7' => TarEntryType.File,
            '1' => TarEntryType.HardLink,
            '2' => TarEntryType.SymbolicLink,
            '5' => TarEntryType.Directory,
            '3' or '4' or '6' => TarEntryType.Other,
            _ => throw new InvalidDataException($"The archive holds an entry of the kind {type}, which is not known."),
        };
        size = named.Size ?? size;

        // Only files have bytes, whatever is said of others.
        Begin(kind == TarEntryType.File ? size : 0);
        var seconds = Math.Clamp(TarHeader.TimeOf(_block), DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return new TarEntry(
            kind, named.Name ?? TarHeader.NameOf(_block), named.Link ?? TarHeader.LinkOf(_block), TarHeader.ModeOf(_block), _left, DateTimeOffset.FromUnixTimeSeconds(seconds));
    }

    private void Count(int bytes)
    {
        _read += bytes;
        if (_read > limit)
        {
            IsTooLarge = true;
            throw new InvalidDataException($"The archive is longer than the {limit} bytes that are taken.");
        }
    }

    private void Begin(long size)
    {
        _left = size >= 0 ? size : throw new InvalidDataException("The archive is damaged: an entry has a size below zero.");
        _padding = (int)((TarHeader.BlockSize - (size % TarHeader.BlockSize)) % TarHeader.BlockSize);
    }

    private async ValueTask<byte[]> ReadRecordAsync(long size, CancellationToken cancellationToken)
    {
        Begin(size);
        if (size > MaxRecordBytes)
        {
            throw new InvalidDataException($"The archive has a name of {size} bytes, which is longer than a path can be.");
        }

        var record = new byte[size];
        for (var read = 0; read < record.Length;)
        {
            read += await ReadAsync(record.AsMemory(read), cancellationToken).ConfigureAwait(false);
        }

        return record;
    }

    private async ValueTask SkipAsync(CancellationToken cancellationToken)
    {
        var buffer = _left > TarHeader.BlockSize ? new byte[64 * 1024] : _block;
        while (await ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
        }

        if (_padding > 0)
        {
            await ReadExactlyAsync(_block.AsMemory(0, _padding), cancellationToken).ConfigureAwait(false);
            _padding = 0;
        }
    }

    private async ValueTask<bool> ReadBlockAsync(CancellationToken cancellationToken)
    {
        var read = await archive.ReadAtLeastAsync(_block, _block.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        Count(read);
        return read == _block.Length || (read > 0 ? throw Incomplete() : false);
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (await archive.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < buffer.Length)
        {
            throw Incomplete();
        }
    }

    /// <summary>What stands before a header and goes before what it says.</summary>
    private sealed class Overrides
    {
        public string? Name { get; set; }

        public string? Link { get; set; }

        public long? Size { get; private set; }

        /// <summary>Records of POSIX, each "LENGTH KEY=VALUE" and a line feed.</summary>
        public void ReadRecords(ReadOnlySpan<byte> records)
        {
            while (!records.IsEmpty)
            {
                var blank = records.IndexOf((byte)' ');
                if (blank < 0
                    || !int.TryParse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                    || length <= blank
                    || length > records.Length)
                {
                    throw new InvalidDataException("The archive is damaged: a record of it has a length that cannot be.");
                }

                var record = records[(blank + 1)..length].TrimEnd((byte)'\n');
                records = records[length..];
                var equals = record.IndexOf((byte)'=');
                if (equals > 0)
                {
                    Read(Encoding.ASCII.GetString(record[..equals]), record[(equals + 1)..]);
                }
            }
        }

        private void Read(string key, ReadOnlySpan<byte> value)
        {
            switch (key)
            {
                case "path":
                    Name = TarHeader.Text(value);
                    break;
                case "linkpath":
                    Link = TarHeader.Text(value);
                    break;
                case "size":
                    Size = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                        ? size
                        : throw new InvalidDataException("The archive is damaged: a record of it has a size that is none.");
                    break;
            }
        }
    }
}
