using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>
/// Sends a whole input to a command and ends it: in one stream (RPC TaskExecStdinWriteStream), which after a broken connection goes on at the
/// byte that the router wants next (RPC TaskExecStdinStatus); where the source can't go back, in confirmed windows (RPC TaskExecStdinWrite).
/// </summary>
internal sealed class ExecInputUpload(ExecCalls calls, ExecHandle exec)
{
    private const string Rpc = "TaskExecStdinWriteStream";
    private const int ChunkSize = 256 * 1024;
    private const int WindowSize = 4 * 1024 * 1024;
    private const int MaxResumes = 9;

    public async Task SendAsync(Stream source, CancellationToken cancellationToken)
    {
        if (source.CanSeek)
        {
            await SendSeekableAsync(source, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await SendInWindowsAsync(source, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One stream carries it all; a break is mended by going back in the source.</summary>
    private async Task SendSeekableAsync(Stream source, CancellationToken cancellationToken)
    {
        var start = source.Position;
        var attempts = new CallAttempts(RetryRule.Router with { MaxRetries = MaxResumes }, Timeout.InfiniteTimeSpan, TimeSpan.Zero, calls.Router.TimeProvider);
        var tokenRenewed = false;
        long offset = 0;
        while (true)
        {
            var ahead = !exec.Started.IsCompleted;
            var session = await calls.Router.Access.GetAsync(cancellationToken).ConfigureAwait(false);
            source.Position = start + offset;
            try
            {
                await SendOnceAsync(session, source, offset, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (RpcException exception) when (ahead && exception.StatusCode == StatusCode.NotFound)
            {
                await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException exception)
            {
                if (exception.StatusCode == StatusCode.Unauthenticated && !tokenRenewed)
                {
                    tokenRenewed = true;
                    calls.Router.Access.Reject(session);
                }
                else if (attempts.TryNext(exception))
                {
                    await Task.Delay(attempts.Delay, calls.Router.TimeProvider, cancellationToken).ConfigureAwait(false);
                    if (attempts.MayHaveMoved)
                    {
                        await calls.Router.Access.RenewAsync(session, cancellationToken).ConfigureAwait(false);
                    }
                }
                else
                {
                    throw calls.Translate(exception, Rpc, cancellationToken);
                }

                await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
                var status = await calls.GetInputStatusAsync(exec, cancellationToken).ConfigureAwait(false);
                if (status.Closed)
                {
                    // Everything was taken and only the answer was lost; or the command has ended, and wants no more.
                    if (start + (long)status.NumBytesWritten == source.Length)
                    {
                        return;
                    }

                    throw new ModalException(ModalErrorCode.Conflict, "The command has ended, or closed its input, before it had read all of it.", exception);
                }

                if ((long)status.NumBytesWritten > offset)
                {
                    attempts.Renew();
                    tokenRenewed = false;
                }

                offset = (long)status.NumBytesWritten;
            }
        }
    }

    private async Task SendOnceAsync(RouterSession session, Stream source, long offset, CancellationToken cancellationToken)
    {
        using var call = session.Stub.TaskExecStdinWriteStream(CommandRouter.OptionsFor(session, deadline: null, cancellationToken));
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        var isComplete = false;
        try
        {
            var start = new TaskExecStdinWriteStreamStart { TaskId = session.TaskId, ExecId = exec.ExecId, Offset = (ulong)offset };
            await call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Start = start }, cancellationToken).ConfigureAwait(false);
            int read;
            while ((read = await source.ReadAtLeastAsync(buffer.AsMemory(0, ChunkSize), ChunkSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0)
            {
                var data = new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFrom(buffer, 0, read) };
                await call.RequestStream.WriteAsync(data, cancellationToken).ConfigureAwait(false);
            }

            await call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { End = new() }, cancellationToken).ConfigureAwait(false);
            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
            isComplete = true;
        }
        catch (Exception exception) when (
            exception is RpcException { StatusCode: StatusCode.OK } || (exception is RpcException or InvalidOperationException && call.ResponseAsync.IsCompleted))
        {
            // The router has answered early, be it that a write has heard of it first: its answer, below, says why the stream broke off.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await call.ResponseAsync.ConfigureAwait(false);
        if (!isComplete)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The router ended the input stream before it was complete."));
        }
    }

    /// <summary>Each window is a write of its own, confirmed before the next is read, so that only one has to be kept for a repetition.</summary>
    private async Task SendInWindowsAsync(Stream source, CancellationToken cancellationToken)
    {
        var window = ArrayPool<byte>.Shared.Rent(WindowSize);
        try
        {
            long offset = 0;
            bool isLast;
            do
            {
                var length = await source.ReadAtLeastAsync(window.AsMemory(0, WindowSize), WindowSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                isLast = length < WindowSize;
                await calls.WriteInputAsync(exec, offset, ByteString.CopyFrom(window, 0, length), endOfInput: isLast, cancellationToken).ConfigureAwait(false);
                offset += length;
            }
            while (!isLast);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }
}
