using Google.Protobuf;

namespace ModalAI.Sandboxes;

/// <summary>Standard input of a command as a <see cref="Stream"/>: each write is confirmed by the router; disposing it ends the input.</summary>
internal sealed class ProcessInputStream(ExecCalls calls, ExecHandle exec) : Stream
{
    private const int MaxWrite = 4 * 1024 * 1024;
    private long _offset;
    private bool _closed;
    private bool _isBroken;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_closed;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _offset;
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_isBroken)
        {
            throw new IOException(
                "An earlier write was cancelled or has failed, and how much of it the command has got is not known. Only the end of the input can still be sent.");
        }

        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, MaxWrite)];
            try
            {
                await calls.WriteInputAsync(exec, _offset, ByteString.CopyFrom(part.Span), endOfInput: false, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                _isBroken = true;
                throw;
            }

            _offset += part.Length;
            buffer = buffer[part.Length..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends the input. A command that has ended already needs no end of input.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (!_closed)
        {
            _closed = true;
            await EndAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends the input too, without waiting: a command that reads on would wait for ever.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed)
        {
            _closed = true;
            EndAsync().Observe();
        }

        base.Dispose(disposing);
    }

    private async Task EndAsync()
    {
        try
        {
            await calls.WriteInputAsync(exec, _offset, ByteString.Empty, endOfInput: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code is ModalErrorCode.SandboxEnded or ModalErrorCode.Conflict)
        {
        }
    }

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Input of a sandbox goes over the network: write it asynchronously.");

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
