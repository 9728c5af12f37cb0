namespace ModalAI.Tools;

/// <summary>The content of a file that is being published: as many bytes as it was said to have, or an error.</summary>
internal sealed class ArtifactStream(ToolConversation conversation, ReadOnlyMemory<byte> head, long length) : Stream
{
    private ReadOnlyMemory<byte> _head = head;
    private long _position;
    private bool _disposed;

    /// <summary>Whether all of it was read.</summary>
    public bool IsComplete => _position == length;

    public override bool CanRead => !_disposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty || _position == length)
        {
            return 0;
        }

        var count = (int)Math.Min(buffer.Length, length - _position);
        if (_head.IsEmpty)
        {
            count = await conversation.ReadSomeAsync(buffer[..count]).ConfigureAwait(false);
        }
        else
        {
            count = Math.Min(count, _head.Length);
            _head[..count].CopyTo(buffer);
            _head = _head[count..];
        }

        _position += count;
        return count > 0 ? count : throw new ModalException(ModalErrorCode.DataLoss, $"The file ended after {_position} of its {length} bytes: it was changed while it was read.");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        base.Dispose(disposing);
    }
}
