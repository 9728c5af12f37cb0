using System.Buffers;
using System.Net;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A request of many messages: HTTP pulls its stream, and the caller writes to it one message at a time.</summary>
internal sealed class MessageStreamContent<TRequest> : HttpContent, IClientStreamWriter<TRequest>
{
    private readonly GrpcCall _call;
    private readonly Marshaller<TRequest> _marshaller;
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Its continuation runs inside CompleteAsync: the end of the request is on its way before a caller can dispose the call.
    private readonly TaskCompletionSource _completed = new();

    private int _busy;
    private bool _completeCalled;

    public MessageStreamContent(GrpcCall call, Marshaller<TRequest> marshaller)
    {
        _call = call;
        _marshaller = marshaller;
        WriteOptions = call.Options.WriteOptions;
        Headers.TryAddWithoutValidation("Content-Type", GrpcHeaders.ContentType);
    }

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        _call.ThrowIfDisposed();
        if (_completeCalled)
        {
            return Task.FromException(new InvalidOperationException("Request stream has already been completed."));
        }

        if (_call.Ended)
        {
            return Task.FromException(_call.CreateException());
        }

        return Interlocked.Exchange(ref _busy, 1) == 0
            ? WriteCoreAsync(message, cancellationToken)
            : Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress."));
    }

    public Task CompleteAsync()
    {
        _call.ThrowIfDisposed();
        if (!_completeCalled)
        {
            if (Interlocked.Exchange(ref _busy, 1) != 0)
            {
                return Task.FromException(
                    new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
            }

            _completeCalled = true;
            _completed.TrySetResult();
        }

        return Task.CompletedTask;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var registration = _call.Token.UnsafeRegister(static (content, token) => ((MessageStreamContent<TRequest>)content!).Stop(token), this);

        // The headers go out now: a server may answer before the first message.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (!_stream.TrySetResult(stream))
        {
            // HTTP sends a refused request again, but messages that are written already are gone.
            throw new IOException("The server refused the stream after it had begun.");
        }

        await _completed.Task.ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private void Stop(CancellationToken cancellationToken)
    {
        _stream.TrySetCanceled(cancellationToken);
        _completed.TrySetCanceled(cancellationToken);
    }

    private async Task WriteCoreAsync(TRequest message, CancellationToken cancellationToken)
    {
        var registration = _call.Register(cancellationToken);
        try
        {
            var stream = await _stream.Task.WaitAsync(_call.Token).ConfigureAwait(false);
            var frame = FrameWriter.Serialize(message, _marshaller, _call.Channel.MaxSendMessageSize);
            try
            {
                await stream.WriteAsync(frame, _call.Token).ConfigureAwait(false);
            }
            finally
            {
                FrameBuffers.Return(frame.Array!);
            }

            await stream.FlushAsync(_call.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or IOException)
        {
            throw _call.Ended
                ? _call.CreateException()
                : new RpcException(GrpcStatus.FromException("Error writing a message.", exception));
        }
        finally
        {
            registration.Unregister();
            Volatile.Write(ref _busy, 0);
        }
    }
}
