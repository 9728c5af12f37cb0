using System.Buffers;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>A pooled buffer for a stream: small for the many streams that carry little, large once one fills it.</summary>
internal sealed class GrowingBuffer : IDisposable
{
    private const int Small = 16 * 1024;
    private const int Large = 256 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Small);

    public Memory<byte> Memory => _bytes;

    /// <summary>Takes how much of the buffer the last read filled, and tells whether that made it large; its content is gone then.</summary>
    public bool Grow(int count)
    {
        if (count < _bytes.Length || count >= Large)
        {
            return false;
        }

        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = ArrayPool<byte>.Shared.Rent(Large);
        return true;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
}
