using System.IO.Pipelines;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>
/// The way to a command's standard input. Writers say at which offset their bytes stand, so that a write that is repeated is taken once. A write
/// is accepted whole or not at all; it waits while earlier bytes have not been read.
/// </summary>
internal sealed class StandardInput : IDisposable
{
    private const int Buffered = 1024 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: Buffered, resumeWriterThreshold: Buffered / 2, useSynchronizationContext: false));
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Task _draining = Task.CompletedTask;
    private CancellationTokenSource? _stream;
    private long _accepted;
    private uint _lastNumber;
    private bool _isClosed;
    private volatile bool _hasExited;

    /// <summary>What the command reads. Complete it when the command reads no more: later bytes are then dropped, as a closed pipe drops them.</summary>
    public PipeReader Reader => _pipe.Reader;

    /// <summary>Takes one write; <paramref name="eof"/> closes the input, whatever the offset.</summary>
    public async Task WriteAsync(ulong offset, ReadOnlyMemory<byte> data, bool eof, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await AcceptAsync(offset, data, cancellationToken).ConfigureAwait(false);
            if (eof)
            {
                Close();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes one write of those that a client numbers from 1 on, in place of saying where they stand.</summary>
    public async Task WriteByNumberAsync(uint number, ReadOnlyMemory<byte> data, bool eof, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (number <= _lastNumber)
            {
                return;
            }

            if (number != _lastNumber + 1)
            {
                throw RpcFailedException.FailedPrecondition($"The write has index {number}, but the last one that was taken had {_lastNumber}; send those between first.");
            }

            await AcceptAsync((ulong)_accepted, data, cancellationToken).ConfigureAwait(false);
            _lastNumber = number;
            if (eof)
            {
                Close();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Takes a stream of writes from <paramref name="offset"/> on, in place of a stream that may still run. Closes the input at the end of
    /// <paramref name="chunks"/>, and only there: one that throws leaves it open.
    /// </summary>
    public async Task WriteStreamAsync(ulong offset, IAsyncEnumerable<ReadOnlyMemory<byte>> chunks, CancellationToken cancellationToken)
    {
        using var stream = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Evict(stream);
        try
        {
            var (accepted, _) = await ReadStatusAsync(stream.Token).ConfigureAwait(false);
            if (offset != accepted)
            {
                throw RpcFailedException.FailedPrecondition(
                    $"The stream starts at offset {offset}, but {accepted} bytes were accepted so far; start there.");
            }

            await foreach (var chunk in chunks.WithCancellation(stream.Token).ConfigureAwait(false))
            {
                await WriteAsync(offset, chunk, eof: false, stream.Token).ConfigureAwait(false);
                offset += (ulong)chunk.Length;
            }

            await WriteAsync(offset, default, eof: true, stream.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stream.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcFailedException(RpcStatusCode.Aborted, "Another call for the same input has taken over from this stream.");
        }
        finally
        {
            Interlocked.CompareExchange(ref _stream, null, stream);
        }
    }

    /// <summary>How many bytes were accepted, and whether the input is closed. Ends a stream that still runs, so that the answer stays true.</summary>
    public async Task<(ulong Accepted, bool IsClosed)> GetStatusAsync(CancellationToken cancellationToken)
    {
        Evict(null);
        return await ReadStatusAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>From now on there is nobody to write to.</summary>
    public void OnExited() => _hasExited = true;

    public void Dispose() => _gate.Dispose();

    private async Task<(ulong Accepted, bool IsClosed)> ReadStatusAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return ((ulong)_accepted, _isClosed);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Evict(CancellationTokenSource? successor)
    {
        try
        {
            Interlocked.Exchange(ref _stream, successor)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The stream ended by itself just now.
        }
    }

    private async ValueTask AcceptAsync(ulong offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var accepted = (ulong)_accepted;
        var known = (ulong)data.Length <= accepted && offset <= accepted - (ulong)data.Length;
        if (data.IsEmpty || known)
        {
            return;
        }

        if (offset > accepted)
        {
            throw RpcFailedException.FailedPrecondition($"The bytes start at offset {offset}, but {accepted} bytes were accepted so far; send those between first.");
        }

        if (_isClosed)
        {
            throw RpcFailedException.FailedPrecondition($"The standard input is closed: its end was sent after {accepted} bytes.");
        }

        if (_hasExited)
        {
            throw RpcFailedException.FailedPrecondition("The process has exited: nothing reads its standard input any more.");
        }

        // Only the waiting can be cancelled, never the write: a write is accepted or it is not.
        await _draining.WaitAsync(cancellationToken).ConfigureAwait(false);
        data = data[(int)(accepted - offset)..];
        _draining = _pipe.Writer.WriteAsync(data, CancellationToken.None).AsTask();
        _accepted += data.Length;
    }

    private void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _pipe.Writer.Complete();
        }
    }
}
