using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Reads pieces of a spool that are known to be there.</summary>
internal sealed class SpoolReader(OutputSpool spool) : IDisposable
{
    private const int Ahead = 16 * 1024;

    private readonly StrongBox<SafeFileHandle?> _file = new();
    private byte[] _buffer = new byte[Ahead];
    private long _offset;
    private int _count;

    /// <summary>The bytes, valid until the next call. Pieces that follow each other are read together.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        if (offset < _offset || offset + length > _offset + _count)
        {
            if (_buffer.Length < length)
            {
                _buffer = new byte[length];
            }

            (_offset, _count) = (offset, 0);
            while (_count < length)
            {
                var count = await spool.ReadAsync(offset + _count, _buffer.AsMemory(_count), _file, cancellationToken).ConfigureAwait(false);
                _count += count > 0 ? count : throw new InvalidOperationException("The spool is shorter than what it was said to hold.");
            }
        }

        return _buffer.AsMemory((int)(offset - _offset), length);
    }

    public void Dispose() => _file.Value?.Dispose();
}
