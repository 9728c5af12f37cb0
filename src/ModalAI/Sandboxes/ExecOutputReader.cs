using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>
/// Reads one output stream of a command (RPC TaskExecStdioRead). Position is a byte offset: after a broken connection the stream is
/// opened again at the byte that comes next, so that none is lost or repeated. Failures in a row are limited; each byte received renews the
/// limit. One reader at a time.
/// </summary>
internal sealed class ExecOutputReader(ExecCalls calls, ExecHandle exec, TaskExecStdioFileDescriptor descriptor) : IDisposable
{
    private const string Rpc = "TaskExecStdioRead";
    private AsyncServerStreamingCall<TaskExecStdioReadResponse>? _stream;
    private RouterSession? _session;
    private readonly Lock _gate = new();
    private CallAttempts? _attempts;
    private ITimer? _idle;
    private bool _isReading;
    private bool _ahead;
    private bool _tokenRenewed;
    private bool _finished;
    private volatile bool _disposed;

    /// <summary>Bytes handed out so far.</summary>
    public long Offset { get; private set; }

    /// <summary>The next bytes, never empty but at the end. They stay valid.</summary>
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

    /// <summary>Reads one output stream of a command to its end into bounded memory.</summary>
    public static async Task CaptureAsync(
        ExecCalls calls, ExecHandle exec, TaskExecStdioFileDescriptor descriptor, BoundedOutput output, CancellationToken cancellationToken)
    {
        using var reader = new ExecOutputReader(calls, exec, descriptor);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } data)
        {
            output.Append(data.Span);
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
                    calls.Router.ReadWarnings(stream.GetTrailers());
                    _finished = true;
                    Close();
                    break;
                }

                var data = stream.ResponseStream.Current.Data;
                _tokenRenewed = false;
                _ahead = false;
                _attempts?.Renew();
                if (data.Length > 0)
                {
                    Offset += data.Length;
                    return data.Memory;
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

    private async ValueTask<AsyncServerStreamingCall<TaskExecStdioReadResponse>> OpenAsync(CancellationToken cancellationToken)
    {
        _ahead = !exec.Started.IsCompleted;
        _session = await calls.Router.Access.GetAsync(cancellationToken).ConfigureAwait(false);
        return _session.Stub.TaskExecStdioRead(
            new TaskExecStdioReadRequest { TaskId = _session.TaskId, ExecId = exec.ExecId, Offset = (ulong)Offset, FileDescriptor = descriptor },
            CommandRouter.OptionsFor(_session, deadline: null, CancellationToken.None));
    }

    /// <summary>Returns when the stream may be opened again; throws when it may not.</summary>
    private async Task RecoverAsync(RpcException exception, CancellationToken cancellationToken)
    {
        calls.Router.ReadWarnings(exception.Trailers);
        cancellationToken.ThrowIfCancellationRequested();
        if (_ahead && exception.StatusCode == StatusCode.NotFound)
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        if (exception.StatusCode == StatusCode.Unauthenticated && !_tokenRenewed)
        {
            _tokenRenewed = true;
            calls.Router.Access.Reject(_session!);
            return;
        }

        _attempts ??= new CallAttempts(RetryRule.Router, Timeout.InfiniteTimeSpan, TimeSpan.Zero, calls.Router.TimeProvider);
        if (!_attempts.TryNext(exception))
        {
            throw calls.Translate(exception, Rpc, cancellationToken);
        }

        await Task.Delay(_attempts.Delay, calls.Router.TimeProvider, cancellationToken).ConfigureAwait(false);
        if (_attempts.MayHaveMoved)
        {
            await calls.Router.Access.RenewAsync(_session!, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of the stream when nobody reads on for a while: it holds a connection, and what has arrived. The next read opens it again at its place.</summary>
    private void WatchIdle()
    {
        if (calls.Router.Access.IdleTimeout == Timeout.InfiniteTimeSpan || _disposed)
        {
            return;
        }

        if (_finished)
        {
            _idle?.Dispose();
            return;
        }

        _idle ??= calls.Router.TimeProvider.CreateTimer(static reader => ((ExecOutputReader)reader!).OnIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _idle.Change(calls.Router.Access.IdleTimeout, Timeout.InfiniteTimeSpan);
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
