using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A call with a stream of responses, and the reader of them.</summary>
internal sealed class ServerStreamingCall<TResponse>(
    GrpcChannel channel, IMethod method, Marshaller<TResponse> marshaller, CallOptions options) : GrpcCall(channel, method, options),
    IAsyncStreamReader<TResponse>
    where TResponse : class
{
    private Task<HttpResponseMessage?>? _opening;
    private HttpResponseMessage? _response;
    private FrameReader? _reader;

    // Held by whoever uses the reader: a read, or the end of the call, which keeps it.
    private int _busy;

    public TResponse Current { get; private set; } = null!;

    public void Start(HttpContent content)
    {
        Send(content);
        _opening = OpenAsync();
    }

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        if (Ended)
        {
            return GetStatus().StatusCode is StatusCode.OK ? Task.FromResult(false) : Task.FromException<bool>(CreateException());
        }

        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            return Task.FromException<bool>(
                new InvalidOperationException("Can't read the next message because the previous read is still in progress."));
        }

        return MoveNextCoreAsync(cancellationToken);
    }

    protected override void OnEnded() => ReleaseReader();

    /// <summary>Waits for the headers. Null when they end the call, which then has its status.</summary>
    private async Task<HttpResponseMessage?> OpenAsync()
    {
        try
        {
            var (response, status) = await ReceiveHeadersAsync().ConfigureAwait(false);
            if (status is null)
            {
                return response;
            }

            End(status.Value, response.Headers);
            response.Dispose();
        }
        catch (Exception exception)
        {
            _ = Fail(GrpcStatus.StartFailed, exception);
        }

        return null;
    }

    private async Task<bool> MoveNextCoreAsync(CancellationToken cancellationToken)
    {
        var registration = Register(cancellationToken);
        try
        {
            Current = null!;
            if (await GetReaderAsync().ConfigureAwait(false) is { } reader)
            {
                if (await reader.ReadAsync(Token).ConfigureAwait(false))
                {
                    Current = reader.Take(marshaller.ContextualDeserializer);
                    return true;
                }

                End(GrpcStatus.FromTrailers(_response!), _response!.TrailingHeaders);
                _response.Dispose();
            }
        }
        catch (Exception exception)
        {
            _ = Fail("Error reading next message.", exception);
        }
        finally
        {
            registration.Unregister();
            Interlocked.Exchange(ref _busy, 0);
            if (Ended)
            {
                ReleaseReader();
            }
        }

        return GetStatus().StatusCode is StatusCode.OK ? false : throw CreateException();
    }

    /// <summary>The reader of the messages. Null when the headers ended the call.</summary>
    private async ValueTask<FrameReader?> GetReaderAsync()
    {
        if (_reader is null && await _opening!.ConfigureAwait(false) is { } response)
        {
            var stream = await response.Content.ReadAsStreamAsync(Token).ConfigureAwait(false);
            var encoding = GrpcHeaders.GetSingle(response.Headers, GrpcHeaders.Encoding);
            _response = response;
            _reader = new FrameReader(stream, encoding, Channel.MaxReceiveMessageSize, awaitData: true);
        }

        return _reader;
    }

    private void ReleaseReader()
    {
        if (Interlocked.Exchange(ref _busy, 1) == 0)
        {
            _reader?.Dispose();
        }
    }
}
