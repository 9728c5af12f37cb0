using System.Text;
using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>
/// Reads one output stream of a sandbox's own command on V1 (RPC SandboxGetLogs), which is text there. Each batch has an id at which a stream that has broken,
/// or that the server has closed after a while, goes on.
/// </summary>
internal sealed class EntrypointLogReader(string sandboxId, FileDescriptor descriptor, ControlPlane controlPlane, TimeProvider timeProvider) : IOutputReader
{
    private const int ServerSeconds = 55;

    /// <summary>A connection that carries nothing for so long is taken for dead, and another one is made.</summary>
    private static readonly TimeSpan StreamLimit = TimeSpan.FromSeconds(ServerSeconds + 30);

    private readonly CallAttempts _attempts = new(RetryRule.Router, Timeout.InfiniteTimeSpan, TimeSpan.Zero, timeProvider);
    private readonly CancellationTokenSource _disposed = new();
    private readonly Queue<ReadOnlyMemory<byte>> _items = new();
    private IAsyncEnumerator<TaskLogsBatch>? _stream;
    private CancellationTokenSource? _streamLifetime;
    private string _lastEntryId = "0-0";
    private bool _finished;

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> item;
        while (!_items.TryDequeue(out item) && !_finished)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(Stream));
            using var cancelling = cancellationToken.Register(() => _streamLifetime?.Cancel());
            try
            {
                await ReadBatchAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                await CloseAsync().ConfigureAwait(false);
                ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(Stream));
                cancellationToken.ThrowIfCancellationRequested();
                if (exception is not ModalException || !await MayGoOnAsync(exception, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }

        return item;
    }

    public void Dispose()
    {
        if (!_disposed.IsCancellationRequested)
        {
            // The read that is under way closes the stream; where there is none, the stream ends by this alone.
            _disposed.Cancel();
        }
    }

    private async Task ReadBatchAsync(CancellationToken cancellationToken)
    {
        if (_stream is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _streamLifetime = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
            _stream = controlPlane.StreamAsync(
                "SandboxGetLogs",
                static (stub, request, options) => stub.SandboxGetLogs(request, options),
                new SandboxGetLogsRequest { SandboxId = sandboxId, FileDescriptor = descriptor, Timeout = ServerSeconds, LastEntryId = _lastEntryId },
                StreamLimit,
                _streamLifetime.Token).GetAsyncEnumerator(CancellationToken.None);
            if (cancellationToken.IsCancellationRequested)
            {
                await _streamLifetime.CancelAsync().ConfigureAwait(false);
            }
        }

        if (!await _stream.MoveNextAsync().ConfigureAwait(false))
        {
            // Its time is over; there may be more.
            await CloseAsync().ConfigureAwait(false);
            return;
        }

        _attempts.Renew();
        var batch = _stream.Current;
        foreach (var item in batch.Items.Where(static item => item.Data.Length > 0))
        {
            _items.Enqueue(Encoding.UTF8.GetBytes(item.Data));
        }

        if (batch.EntryId.Length > 0)
        {
            _lastEntryId = batch.EntryId;
        }

        if (batch.Eof)
        {
            _finished = true;
            await CloseAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> MayGoOnAsync(Exception exception, CancellationToken cancellationToken)
    {
        if (exception.InnerException is not RpcException cause || !_attempts.TryNext(cause))
        {
            return false;
        }

        await Task.Delay(_attempts.Delay, timeProvider, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async ValueTask CloseAsync()
    {
        if (_stream is { } stream)
        {
            _stream = null;
            await _streamLifetime!.CancelAsync().ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            _streamLifetime.Dispose();
            _streamLifetime = null;
        }
    }
}
