using System.Net.Http.Headers;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// What all kinds of calls share: the request, and an end that comes once. Whatever ends the call first (the server's status, a
/// failure, the deadline, the caller's token, Dispose) decides its status; all that follows only finds it ended.
/// </summary>
internal abstract partial class GrpcCall : IDisposable
{
    private readonly IMethod _method;
    private readonly DateTime _deadline;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lock _gate = new();
    private HttpHeaders? _trailingHeaders;
    private Metadata? _trailers;
    private Status _status;
    private volatile bool _ended;
    private volatile bool _disposed;

    protected GrpcCall(GrpcChannel channel, IMethod method, CallOptions options)
    {
        _method = method;
        _deadline = options.Deadline ?? DateTime.MaxValue;
        if (_deadline.Kind != DateTimeKind.Utc && _deadline != DateTime.MaxValue && _deadline != DateTime.MinValue)
        {
            throw new InvalidOperationException(
                "Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }

        Channel = channel;
        Options = options;
        channel.Add(this);
    }

    public GrpcChannel Channel { get; }

    public CallOptions Options { get; }

    /// <summary>Whether the call has its status.</summary>
    public bool Ended => _ended;

    /// <summary>Canceled when the call ends, however it does, so that nothing of the request outlives it.</summary>
    public CancellationToken Token => _cancellation.Token;

    public Status GetStatus() =>
        _ended ? _status : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers()
    {
        if (_trailers is null)
        {
            if (!_ended || _trailingHeaders is null)
            {
                throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");
            }

            _trailers = GrpcHeaders.Read(_trailingHeaders);
        }

        return _trailers;
    }

    public void Dispose()
    {
        _disposed = true;
        Cancel(new Status(StatusCode.Cancelled, "gRPC call disposed."));
    }

    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    /// <summary>Cancels the whole call with this token too, for reads and writes that have one of their own.</summary>
    public CancellationTokenRegistration Register(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && cancellationToken != Options.CancellationToken ? RegisterCore(cancellationToken) : default;

    /// <summary>The exception for a call that has ended.</summary>
    public Exception CreateException()
    {
        var cancellation = _status.DebugException as OperationCanceledException;
        var canceled = _status.StatusCode is StatusCode.Cancelled && (_disposed || cancellation is not null);
        return Channel.ThrowOperationCanceledOnCancellation && (canceled || _status.StatusCode is StatusCode.DeadlineExceeded)
            ? new OperationCanceledException(_status.Detail, _status.DebugException, cancellation?.CancellationToken ?? Token)
            : new RpcException(_status, TryGetTrailers());
    }

    /// <summary>Ends the call with the server's status, unless it has ended already. Returns the status that it has.</summary>
    protected Status End(Status status, HttpHeaders trailingHeaders)
    {
        TryEnd(status, trailingHeaders);
        return _status;
    }

    /// <summary>Ends the call with what an exception means, unless it has ended already, and resets its stream.</summary>
    protected Exception Fail(string summary, Exception exception)
    {
        if (!_ended)
        {
            var status = exception is RpcException known ? known.Status : GrpcStatus.FromException(summary, exception);
            if (status.StatusCode is StatusCode.Cancelled && DateTime.UtcNow >= _deadline)
            {
                // The server keeps the same deadline, and its reset can arrive before our own timer fires.
                status = new Status(StatusCode.DeadlineExceeded, status.Detail, status.DebugException);
            }

            Cancel(status);
        }

        return CreateException();
    }

    /// <summary>Runs once, when the call has its status.</summary>
    protected virtual void OnEnded()
    {
    }

    private static Status CanceledBy(CancellationToken cancellationToken) =>
        new(StatusCode.Cancelled, "Call canceled by the client.", new OperationCanceledException(cancellationToken));

    private CancellationTokenRegistration RegisterCore(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static (call, token) => ((GrpcCall)call!).Cancel(CanceledBy(token)), this);

    private bool TryEnd(Status status, HttpHeaders? trailingHeaders)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return false;
            }

            _status = status;
            _trailingHeaders = trailingHeaders;
            _ended = true;
            _deadlineTimer?.Dispose();
        }

        // Not Dispose: it would wait for a callback that may be waiting for this call.
        _registration.Unregister();
        Channel.Remove(this);
        GrpcCallLog.Ended(Channel.Logger, _method.FullName, status.StatusCode, status.Detail);
        OnEnded();
        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException exception)
        {
            // A handler's callback threw; here that would end a timer's thread, and with it the process.
            GrpcCallLog.CancelFailed(Channel.Logger, _method.FullName, exception);
        }

        return true;
    }

    private void Cancel(Status status)
    {
        if (TryEnd(status, trailingHeaders: null) && _sending is { IsCompletedSuccessfully: true })
        {
            // The token no longer reaches a request that has its headers: only this resets the stream.
            _sending.Result.Dispose();
        }
    }

    private Metadata TryGetTrailers()
    {
        if (_trailingHeaders is null)
        {
            return Metadata.Empty;
        }

        try
        {
            return GetTrailers();
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // The status matters more than trailers that nobody can read.
            GrpcCallLog.TrailersUnreadable(Channel.Logger, _method.FullName, exception);
            return Metadata.Empty;
        }
    }
}
