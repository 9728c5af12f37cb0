using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Reads a spool as UTF-8 text, in pieces that never end within a character. Bytes that are no text are replaced.</summary>
internal sealed class SpoolText(OutputSpool spool, long position) : IDisposable
{
    private const int LongestCharacter = 4;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private readonly StrongBox<SafeFileHandle?> _file = new();
    private int _held;

    /// <summary>The byte that comes after the text read so far.</summary>
    public long Position { get; private set; } = position;

    /// <summary>The next piece, waiting for it to be printed; null at the end.</summary>
    public async ValueTask<string?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var count = await spool.ReadAsync(Position + _held, _buffer.AsMemory(_held), _file, cancellationToken).ConfigureAwait(false);
            var available = _held + count;
            if (available == 0)
            {
                return null;
            }

            // At the end of the stream, what is left of a character is all there is.
            var complete = count == 0 ? available : available - UnfinishedBytes(_buffer.AsSpan(0, available));
            if (complete > 0)
            {
                var text = Encoding.UTF8.GetString(_buffer, 0, complete);
                _held = 0;
                Position += complete;
                return text;
            }

            _held = available;
        }
    }

    public void Dispose()
    {
        _file.Value?.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    /// <summary>How many bytes at the end begin a character that is not complete.</summary>
    private static int UnfinishedBytes(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length < LongestCharacter && length <= bytes.Length; length++)
        {
            var tail = bytes[^length..];
            if ((tail[0] & 0xC0) != 0x80)
            {
                return Rune.DecodeFromUtf8(tail, out _, out _) == OperationStatus.NeedMoreData ? length : 0;
            }
        }

        return 0;
    }
}
