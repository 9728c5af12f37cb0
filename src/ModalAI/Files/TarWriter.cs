using System.Text;

namespace ModalAI.Files;

/// <summary>Writes a tar archive with the long names of GNU, which BusyBox knows too. Everything belongs to user and group 0.</summary>
internal sealed class TarWriter(Stream archive)
{
    private const int NameLength = 100;
    private const int NameMode = 0x1A4; // 0644

    private readonly byte[] _block = new byte[TarHeader.BlockSize];

    /// <summary>Writes an entry's header; the caller writes as many bytes as it says, and then <see cref="PadAsync"/>.</summary>
    public async ValueTask WriteHeaderAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        var name = Encoding.UTF8.GetBytes(entry.Name);
        var link = Encoding.UTF8.GetBytes(entry.LinkTarget);
        await WriteLongAsync((byte)'K', link, cancellationToken).ConfigureAwait(false);
        await WriteLongAsync((byte)'L', name, cancellationToken).ConfigureAwait(false);
        TarHeader.Write(
            _block, (byte)entry.Type, Fitting(name), Fitting(link), entry.Mode, entry.Size, entry.ModifiedAt.ToUnixTimeSeconds());
        await archive.WriteAsync(_block, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fills up the last block of so many bytes.</summary>
    public async ValueTask PadAsync(long size, CancellationToken cancellationToken)
    {
        var padding = (int)((TarHeader.BlockSize - (size % TarHeader.BlockSize)) % TarHeader.BlockSize);
        Array.Clear(_block);
        await archive.WriteAsync(_block.AsMemory(0, padding), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the end: two empty blocks.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        Array.Clear(_block);
        await archive.WriteAsync(_block, cancellationToken).ConfigureAwait(false);
        await archive.WriteAsync(_block, cancellationToken).ConfigureAwait(false);
    }

    private static ReadOnlySpan<byte> Fitting(byte[] name) => name.AsSpan(0, Math.Min(name.Length, NameLength));

    private async ValueTask WriteLongAsync(byte type, byte[] name, CancellationToken cancellationToken)
    {
        if (name.Length <= NameLength)
        {
            return;
        }

        TarHeader.Write(_block, type, "././@LongLink"u8, default, NameMode, name.Length + 1, time: 0);
        await archive.WriteAsync(_block, cancellationToken).ConfigureAwait(false);
        await archive.WriteAsync((byte[])[.. name, 0], cancellationToken).ConfigureAwait(false);
        await PadAsync(name.Length + 1, cancellationToken).ConfigureAwait(false);
    }
}
