namespace Grpc.Core;

/// <summary>
/// The four things every kind of call object offers. They are either closures, as interceptors write them, or shared
/// delegates and the call to run them on, which spares a call its closures.
/// </summary>
internal readonly struct AsyncCallState
{
    private readonly object _responseHeaders;
    private readonly Delegate _getStatus;
    private readonly Delegate _getTrailers;
    private readonly Delegate _dispose;
    private readonly object? _state;

    public AsyncCallState(Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
    {
        _responseHeaders = responseHeadersAsync;
        _getStatus = getStatusFunc;
        _getTrailers = getTrailersFunc;
        _dispose = disposeAction;
    }

    public AsyncCallState(
        Func<object, Task<Metadata>> responseHeadersAsync,
        Func<object, Status> getStatusFunc,
        Func<object, Metadata> getTrailersFunc,
        Action<object> disposeAction,
        object state)
    {
        _responseHeaders = responseHeadersAsync;
        _getStatus = getStatusFunc;
        _getTrailers = getTrailersFunc;
        _dispose = disposeAction;
        _state = state;
    }

    public Task<Metadata> ResponseHeadersAsync =>
        _responseHeaders is Func<object, Task<Metadata>> get ? get(_state!) : (Task<Metadata>)_responseHeaders;

    public Status GetStatus() => _getStatus is Func<object, Status> get ? get(_state!) : ((Func<Status>)_getStatus)();

    public Metadata GetTrailers() => _getTrailers is Func<object, Metadata> get ? get(_state!) : ((Func<Metadata>)_getTrailers)();

    public void Dispose()
    {
        if (_dispose is Action<object> dispose)
        {
            dispose(_state!);
        }
        else
        {
            ((Action)_dispose)();
        }
    }
}
