using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A call with one response: unary, or with a stream of requests.</summary>
internal sealed class SingleResponseCall<TResponse>(
    GrpcChannel channel, IMethod method, Marshaller<TResponse> marshaller, CallOptions options) : GrpcCall(channel, method, options)
    where TResponse : class
{
    // Completed last of all, so its continuations may run right there.
    private readonly TaskCompletionSource<TResponse> _response = new();

    public Task<TResponse> Response => _response.Task;

    public void Start(HttpContent content)
    {
        Send(content);
        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        HttpResponseMessage? response = null;
        try
        {
            (response, var status) = await ReceiveHeadersAsync().ConfigureAwait(false);
            TResponse? message = null;
            if (status is null)
            {
                message = await ReadAsync(response).ConfigureAwait(false);
                status = End(RequireMessage(GrpcStatus.FromTrailers(response), message), response.TrailingHeaders);
            }
            else
            {
                status = End(RequireMessage(status.Value, message: null), response.Headers);
            }

            response.Dispose();
            if (status.Value.StatusCode is StatusCode.OK)
            {
                _response.SetResult(message!);
            }
            else
            {
                SetFailure(CreateException());
            }
        }
        catch (Exception exception)
        {
            var failure = Fail(GrpcStatus.StartFailed, exception);
            response?.Dispose();
            SetFailure(failure);
        }
    }

    private static Status RequireMessage(Status status, TResponse? message) =>
        message is null && status.StatusCode is StatusCode.OK
            ? new Status(StatusCode.Internal, "Failed to deserialize response message.")
            : status;

    private async ValueTask<TResponse?> ReadAsync(HttpResponseMessage response)
    {
        var stream = await response.Content.ReadAsStreamAsync(Token).ConfigureAwait(false);
        using var reader = new FrameReader(
            stream, GrpcHeaders.GetSingle(response.Headers, GrpcHeaders.Encoding), Channel.MaxReceiveMessageSize, awaitData: false);
        if (!await reader.ReadAsync(Token).ConfigureAwait(false))
        {
            return null;
        }

        var message = reader.Take(marshaller.ContextualDeserializer);
        return await reader.ReadAsync(Token).ConfigureAwait(false)
            ? throw new InvalidDataException("Unexpected data after finished reading message.")
            : message;
    }

    private void SetFailure(Exception exception)
    {
        _response.SetException(exception);

        // Looked at here, so that a call whose caller went away raises no unobserved exception.
        _ = _response.Task.Exception;
    }
}
