namespace ModalAI.Sandboxes;

/// <summary>Chunks that arrive over the network as a <see cref="Stream"/>: read once, forwards, asynchronously. Nothing is asked for before the first read.</summary>
internal abstract class ChunkStream : Stream
{
    private ReadOnlyMemory<byte> _chunk;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (_chunk.IsEmpty)
        {
            _chunk = await ReadChunkAsync(cancellationToken).ConfigureAwait(false);
        }

        var count = Math.Min(buffer.Length, _chunk.Length);
        _chunk[..count].CopyTo(buffer);
        _chunk = _chunk[count..];
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        // Chunks are handed on as they arrived, without a buffer in between.
        while (true)
        {
            var chunk = _chunk.IsEmpty ? await ReadChunkAsync(cancellationToken).ConfigureAwait(false) : _chunk;
            if (chunk.IsEmpty)
            {
                return;
            }

            _chunk = default;
            _position += chunk.Length;
            await destination.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("What a sandbox sends arrives over the network: read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Goes to another place, from which the next chunk has to come.</summary>
    protected void Restart(long position)
    {
        _chunk = default;
        _position = position;
    }

    /// <summary>The next bytes, which stay valid; none at the end, however often it is asked for.</summary>
    protected abstract ValueTask<ReadOnlyMemory<byte>> ReadChunkAsync(CancellationToken cancellationToken);
}
