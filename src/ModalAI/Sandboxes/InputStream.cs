using Google.Protobuf;

namespace ModalAI.Sandboxes;

/// <summary>Standard input as a <see cref="Stream"/>: each write is confirmed by Modal, one after the other whoever writes; disposing of it ends the input.</summary>
internal abstract class InputStream : Stream
{
    private const int MaxWrite = 4 * 1024 * 1024;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private bool _closed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_closed;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Written;
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes confirmed so far.</summary>
    protected long Written { get; set; }

    /// <summary>Whether it is not known how much of the last write was taken.</summary>
    protected bool IsBroken { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (IsBroken)
            {
                throw new IOException(
                    "An earlier write was cancelled or has failed, and how much of it the command has got is not known. Only the end of the input can still be sent.");
            }

            await WritePartsAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
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

    /// <summary>Sends bytes, or the end. Repeated until it is confirmed, with the same place in the input, so that nothing is taken twice.</summary>
    protected abstract Task SendAsync(ByteString data, bool endOfInput, CancellationToken cancellationToken);

    private async Task WritePartsAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, MaxWrite)];
            try
            {
                await SendAsync(ByteString.CopyFrom(part.Span), endOfInput: false, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                IsBroken = true;
                throw;
            }

            Written += part.Length;
            buffer = buffer[part.Length..];
        }
    }

    private async Task EndAsync()
    {
        // Nobody writes any more once this has been waited for.
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            await SendAsync(ByteString.Empty, endOfInput: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code is ModalErrorCode.SandboxEnded or ModalErrorCode.Conflict)
        {
        }
        finally
        {
            _gate.Release();
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
