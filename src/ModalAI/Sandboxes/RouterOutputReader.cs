using Grpc.Core;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>
/// Reads one output stream from the command router. Position is a byte offset: after a broken connection the stream is opened again at the byte that
/// comes next, so that none is lost or repeated. Failures in a row are limited; each byte received renews the limit.
/// </summary>
internal abstract class RouterOutputReader<TResponse>(CommandRouter router, Task started, long offset) : IOutputReader
    where TResponse : class
{
    private readonly Lock _gate = new();
    private AsyncServerStreamingCall<TResponse>? _stream;
    private RouterSession? _session;
    private CallAttempts? _attempts;
    private ITimer? _idle;
    private bool _isReading;
    private bool _ahead;
    private bool _tokenRenewed;
    private bool _finished;
    private bool _firstOfAttempt;
    private volatile bool _disposed;

    /// <summary>Where the next byte stands.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>Opens the stream at <see cref="Offset"/>.</summary>
    protected abstract AsyncServerStreamingCall<TResponse> Open(RouterSession session, CallOptions options);

    /// <summary>A message's bytes, and where the first of them stands; null where it comes right after the last message.</summary>
    protected abstract (ReadOnlyMemory<byte> Data, long? Start) Read(TResponse response, bool isFirst);

    protected abstract Exception Translate(RpcException exception, CancellationToken cancellationToken);

    /// <summary>Called when bytes are not to be had any more.</summary>
    protected virtual void OnDropped(long bytes)
    {
    }

    /// <summary>Called when the stream has failed and is to be opened again, and when that begins.</summary>
    protected virtual void OnBroken(bool isBroken)
    {
    }

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isReading = true;
        }

        try
        {
            return await ReadNextAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _isReading = false;
                WatchIdle();
            }
        }
    }

    public void Dispose()
    {
        _disposed = true;
        lock (_gate)
        {
            _idle?.Dispose();
        }

        Close();
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadNextAsync(CancellationToken cancellationToken)
    {
        while (!_finished)
        {
            // An end that is none must not look like one: what is still to come would be lost in silence.
            ThrowIfDisposed();
            try
            {
                var stream = _stream ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
                ThrowIfDisposed();
                if (!await stream.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
                {
                    router.ReadWarnings(stream.GetTrailers());
                    _finished = true;
                    Close();
                    break;
                }

                _tokenRenewed = false;
                _ahead = false;
                _attempts?.Renew();
                var data = Take(stream.ResponseStream.Current);
                if (data.Length > 0)
                {
                    Offset += data.Length;
                    return data;
                }
            }
            catch (RpcException exception)
            {
                Close();
                ThrowIfDisposed();
                await RecoverAsync(exception, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                // The call is of no more use after a cancelled read; the next read opens another at the same offset.
                Close();
                throw;
            }
        }

        return default;
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, typeof(Stream));

    /// <summary>What is new of a message: a server may begin before the byte that was asked for, or after it.</summary>
    private ReadOnlyMemory<byte> Take(TResponse response)
    {
        var (data, start) = Read(response, _firstOfAttempt);
        _firstOfAttempt = false;
        if (start > Offset)
        {
            OnDropped(start.Value - Offset);
            Offset = start.Value;
        }
        else if (start < Offset)
        {
            data = data[(int)Math.Min(data.Length, Offset - start.Value)..];
        }

        return data;
    }

    private async ValueTask<AsyncServerStreamingCall<TResponse>> OpenAsync(CancellationToken cancellationToken)
    {
        _ahead = !started.IsCompleted;
        _firstOfAttempt = true;
        _session = await router.Access.GetAsync(cancellationToken).ConfigureAwait(false);
        return Open(_session, CommandRouter.OptionsFor(_session, deadline: null, CancellationToken.None));
    }

    /// <summary>Returns when the stream may be opened again; throws when it may not.</summary>
    private async Task RecoverAsync(RpcException exception, CancellationToken cancellationToken)
    {
        router.ReadWarnings(exception.Trailers);
        cancellationToken.ThrowIfCancellationRequested();
        if (_ahead && exception.StatusCode == StatusCode.NotFound)
        {
            await started.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        if (exception.StatusCode == StatusCode.Unauthenticated && !_tokenRenewed)
        {
            _tokenRenewed = true;
            router.Access.Reject(_session!);
            return;
        }

        _attempts ??= new CallAttempts(RetryRule.Router, Timeout.InfiniteTimeSpan, TimeSpan.Zero, router.TimeProvider);
        if (!_attempts.TryNext(exception))
        {
            throw Translate(exception, cancellationToken);
        }

        OnBroken(true);
        try
        {
            await Task.Delay(_attempts.Delay, router.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            OnBroken(false);
        }

        if (_attempts.MayHaveMoved)
        {
            await router.Access.RenewAsync(_session!, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of the stream when nobody reads on for a while: it holds a connection, and what has arrived. The next read opens it again at its place.</summary>
    private void WatchIdle()
    {
        if (router.Access.IdleTimeout == Timeout.InfiniteTimeSpan || _disposed)
        {
            return;
        }

        if (_finished)
        {
            _idle?.Dispose();
            return;
        }

        _idle ??= router.TimeProvider.CreateTimer(static reader => ((RouterOutputReader<TResponse>)reader!).OnIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _idle.Change(router.Access.IdleTimeout, Timeout.InfiniteTimeSpan);
    }

    private void OnIdle()
    {
        lock (_gate)
        {
            if (!_isReading)
            {
                Close();
            }
        }
    }

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
