using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>A call that its caller gives up ends at once on both sides.</summary>
public sealed class CancellationTests
{
    [Fact]
    public async Task Unary_TokenCanceledBefore_SendsNothing()
    {
        var requests = 0;
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            requests++;
            return Task.CompletedTask;
        });
        using var call = router.Poll(new CallOptions(cancellationToken: new CancellationToken(canceled: true)));

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task Unary_TokenCanceledDuring_ThrowsCancelledAndServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync();
        using var source = new CancellationTokenSource();
        using var call = held.Router.Poll(new CallOptions(cancellationToken: source.Token));
        await held.Arrived;

        await source.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task Unary_ThrowOperationCanceled_ThrowsWithTheToken()
    {
        await using var held = await HeldServer.OpenAsync(throwOperationCanceled: true);
        using var source = new CancellationTokenSource();
        using var call = held.Router.Poll(new CallOptions(cancellationToken: source.Token));
        await held.Arrived;

        await source.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseAsync);
        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unary_Disposed_ThrowsCancelledAndServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync();
        var call = held.Router.Poll();
        await held.Arrived;

        call.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task ServerStream_TokenCanceledBetweenReads_NextReadThrowsAndServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync);
        using var source = new CancellationTokenSource();
        using var call = held.Router.Read(new CallOptions(cancellationToken: source.Token));
        Assert.True(await call.ResponseStream.MoveNext());

        await source.CancelAsync();

        await held.Aborted;
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ServerStream_TokenCanceledDuringRead_ReadThrowsAndServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync);
        using var source = new CancellationTokenSource();
        using var call = held.Router.Read(new CallOptions(cancellationToken: source.Token));
        Assert.True(await call.ResponseStream.MoveNext());
        var reading = call.ResponseStream.MoveNext();

        await source.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task ServerStream_TokenOfReadCanceled_CancelsTheCall()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync);
        using var source = new CancellationTokenSource();
        using var call = held.Router.Read();
        Assert.True(await call.ResponseStream.MoveNext(source.Token));
        var reading = call.ResponseStream.MoveNext(source.Token);

        await source.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task ServerStream_ThrowOperationCanceled_ThrowsWithTheToken()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync, throwOperationCanceled: true);
        using var source = new CancellationTokenSource();
        using var call = held.Router.Read(new CallOptions(cancellationToken: source.Token));
        Assert.True(await call.ResponseStream.MoveNext());
        var reading = call.ResponseStream.MoveNext();

        await source.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(source.Token, exception.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task ServerStream_ThrowOperationCanceledAndTokenOfRead_ThrowsWithTheTokenAndStaysCanceled()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync, throwOperationCanceled: true);
        using var source = new CancellationTokenSource();
        using var call = held.Router.Read();
        Assert.True(await call.ResponseStream.MoveNext());
        var reading = call.ResponseStream.MoveNext(source.Token);

        await source.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(source.Token, exception.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Unary_ThrowOperationCanceledAndServerCancels_ThrowsStatus()
    {
        await using var router = await RouterConnection.OpenAsync(
            async http =>
            {
                await http.Response.SendHeadersAsync();
                http.Reset(0x8);
            },
            options => options.ThrowOperationCanceledOnCancellation = true);
        using var call = router.Poll();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task ServerStream_DisposedMidStream_ServerSeesResetAndChannelStaysUsable()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync);
        var call = held.Router.Read();
        await foreach (var message in call.ResponseStream.ReadAllAsync(TestTimeout.Token))
        {
            Assert.NotNull(message);
            break;
        }

        call.Dispose();

        await held.Aborted;
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await call.ResponseStream.MoveNext());
        using var next = held.Router.Read();
        Assert.True(await next.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task ServerStream_DisposedDuringRead_ReadThrowsCancelled()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync);
        var call = held.Router.Read();
        Assert.True(await call.ResponseStream.MoveNext());
        var reading = call.ResponseStream.MoveNext();

        call.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task ServerStream_NeverReadAndDisposed_ServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync);
        var call = held.Router.Read();
        await held.Arrived;

        call.Dispose();

        await held.Aborted;
    }

    [Fact]
    public async Task ServerStream_SecondReadAtOnce_Throws()
    {
        await using var held = await HeldServer.OpenAsync(SendOneAsync);
        using var call = held.Router.Read();
        Assert.True(await call.ResponseStream.MoveNext());
        var reading = call.ResponseStream.MoveNext();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());

        call.Dispose();
        await Assert.ThrowsAsync<RpcException>(() => reading);
    }

    [Fact]
    public async Task Channel_Disposed_EndsItsCalls()
    {
        await using var held = await HeldServer.OpenAsync();
        using var call = held.Router.Poll();
        await held.Arrived;

        held.Router.Channel.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await held.Aborted;
        Assert.Throws<ObjectDisposedException>(() => held.Router.Poll());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ServerStreams_EndedAtRandom_LeaveTheOthersIntact(int seed)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            var request = await http.Request.ReadAsync(TaskExecStdioReadRequest.Parser);
            for (var i = 0; i < 40 && !http.RequestAborted.IsCancellationRequested; i++)
            {
                await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse { Data = Filled((byte)request.Offset, i * 997) }));
            }

            http.Response.End();
        });
        var completed = 0;

        await Task.WhenAll(Enumerable.Range(0, 64).Select(n => Task.Run(async () =>
        {
            var random = new Random((seed * 1000) + n);
            var last = random.Next(80);
            using var source = new CancellationTokenSource();
            using var call = router.Client.TaskExecStdioRead(new TaskExecStdioReadRequest { Offset = (ulong)n }, cancellationToken: source.Token);
            var reading = call.ResponseStream.MoveNext(TestTimeout.Token);
            for (var i = 0; await reading; i++)
            {
                Assert.Equal(Filled((byte)n, i * 997), call.ResponseStream.Current.Data);
                reading = call.ResponseStream.MoveNext(TestTimeout.Token);
                if (i == last)
                {
                    (n % 2 == 0 ? (Action)source.Cancel : call.Dispose)();
                    await Task.WhenAny(reading);
                    return;
                }
            }

            Interlocked.Increment(ref completed);
        })));

        Assert.NotEqual(0, completed);

        static ByteString Filled(byte value, int size)
        {
            var bytes = new byte[size];
            bytes.AsSpan().Fill(value);
            return ByteString.CopyFrom(bytes);
        }
    }

    private static Task SendOneAsync(HttpContext http) => http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse()));
}
