using System.Net;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <content>The request, the headers that answer it, and the clock that runs from then on.</content>
internal abstract partial class GrpcCall
{
    private CancellationTokenRegistration _registration;
    private Timer? _deadlineTimer;
    private Task<HttpResponseMessage>? _sending;
    private Task<Metadata>? _responseHeaders;

    public Task<Metadata> GetResponseHeadersAsync()
    {
        if (_responseHeaders is null)
        {
            _responseHeaders = ReadResponseHeadersAsync();

            // A wrapper asks for the headers without ever looking at them: their failure must not go unobserved.
            _responseHeaders.ContinueWith(
                static task => _ = task.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return _responseHeaders;
    }

    /// <summary>Sends the request, unless the call is over before it began.</summary>
    protected void Send(HttpContent content)
    {
        var remaining = _deadline == DateTime.MaxValue ? Timeout.InfiniteTimeSpan : _deadline - DateTime.UtcNow;
        GrpcCallLog.Started(Channel.Logger, _method.FullName);
        if (_deadline != DateTime.MaxValue)
        {
            StartDeadline(remaining);
        }

        if (Options.CancellationToken.CanBeCanceled)
        {
            _registration = RegisterCore(Options.CancellationToken);
            if (_ended)
            {
                _registration.Unregister();
            }
        }

        _sending = Token.IsCancellationRequested
            ? Task.FromCanceled<HttpResponseMessage>(Token)
            : InvokeAsync(CreateRequest(content, remaining));
    }

    /// <summary>The response, once its headers are here; and the status, if they carry one already.</summary>
    protected async ValueTask<(HttpResponseMessage Response, Status? Status)> ReceiveHeadersAsync()
    {
        var response = await _sending!.ConfigureAwait(false);
        if (Token.IsCancellationRequested)
        {
            // Canceled as the headers came in: too late for the request's token, too early for Cancel to see the response.
            response.Dispose();
        }

        return (response, GrpcStatus.FromHeaders(response));
    }

    private void StartDeadline(TimeSpan remaining)
    {
        if (remaining <= TimeSpan.Zero)
        {
            Cancel(new Status(StatusCode.DeadlineExceeded, string.Empty));
            return;
        }

        lock (_gate)
        {
            if (!_ended)
            {
                _deadlineTimer = new Timer(static call => ((GrpcCall)call!).OnDeadlineTimer(), this, ToDueTime(remaining), Timeout.Infinite);
            }
        }
    }

    private void OnDeadlineTimer()
    {
        var remaining = _deadline - DateTime.UtcNow;
        if (remaining <= TimeSpan.Zero)
        {
            Cancel(new Status(StatusCode.DeadlineExceeded, string.Empty));
            return;
        }

        lock (_gate)
        {
            if (!_ended)
            {
                // The timer was early, or the deadline is further away than a timer can reach.
                _deadlineTimer?.Change(ToDueTime(remaining), Timeout.Infinite);
            }
        }
    }

    private static long ToDueTime(TimeSpan remaining) => (long)Math.Min(Math.Ceiling(remaining.TotalMilliseconds), uint.MaxValue - 1);

    private HttpRequestMessage CreateRequest(HttpContent content, TimeSpan remaining)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Channel.GetUri(_method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        GrpcHeaders.Write(request.Headers, Options.Headers, remaining);
        return request;
    }

    private Task<HttpResponseMessage> InvokeAsync(HttpRequestMessage request)
    {
        try
        {
            return Channel.Invoker is HttpClient client
                ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token)
                : Channel.Invoker.SendAsync(request, Token);
        }
        catch (Exception exception)
        {
            return Task.FromException<HttpResponseMessage>(exception);
        }
    }

    private async Task<Metadata> ReadResponseHeadersAsync()
    {
        HttpResponseMessage response;
        try
        {
            response = await _sending!.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw Fail(GrpcStatus.StartFailed, exception);
        }

        return GrpcHeaders.Read(response.Headers);
    }
}
