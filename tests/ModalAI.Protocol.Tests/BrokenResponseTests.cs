using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Responses that stop, lie about themselves, or never come.</summary>
public sealed class BrokenResponseTests
{
    [Theory]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task Reset_MidMessage_IsMapped(int errorCode, object expected)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new byte[100]).AsMemory(0, 50));
            http.Reset(errorCode);
        });
        using var call = router.Poll();
        using var stream = router.Read();

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext())).StatusCode);
        Assert.Equal(expected, stream.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Reset_BeforeHeaders_IsMapped()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Reset(0xb);
            return Task.CompletedTask;
        });
        using var call = router.Poll();

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Equal(
            StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseHeadersAsync)).StatusCode);
    }

    [Fact]
    public async Task Connection_LostMidStream_ThrowsUnavailable()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse()));
            await http.Request.Body.CopyToAsync(Stream.Null, TestTimeout.Token);
            http.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
        });
        using var call = router.Read();

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
            }
        });

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
    }

    [Fact]
    public async Task Connection_ServerAsksToClose_OpenCallFinishesAndNextReconnects()
    {
        var connections = new HashSet<string>();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            connections.Add(http.Connection.Id);
            http.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse { Code = 1 }));
            http.Response.End();
        });

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, (await router.Poll()).Code);
        }

        Assert.Equal(3, connections.Count);
    }

    [Fact]
    public async Task Connect_Refused_ThrowsUnavailableSoon()
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{Ports.Closed()}");
        var client = new TaskCommandRouter.TaskCommandRouterClient(channel);

        var call = client.TaskExecPollAsync(new TaskExecPollRequest());
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.Equal(StatusCode.Unavailable, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Connect_RefusedForStream_ThrowsUnavailableFromReader()
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{Ports.Closed()}");
        var client = new TaskCommandRouter.TaskCommandRouterClient(channel);
        using var call = client.TaskExecStdioRead(new TaskExecStdioReadRequest());

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
    }

    [Fact]
    public async Task Connect_TakesTooLong_ThrowsUnavailable()
    {
        // A listener that accepts nothing: its backlog fills, and further connections wait.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var address = (IPEndPoint)listener.LocalEndPoint!;
        var fillers = Enumerable.Range(0, 8).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        fillers.ForEach(filler => _ = filler.ConnectAsync(address));
        using var channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{address.Port}",
            new GrpcChannelOptions { HttpHandler = GrpcTransport.CreateHandler(TimeSpan.FromMilliseconds(300)), DisposeHttpClient = true });

        var exception = await Assert.ThrowsAsync<RpcException>(() => new TaskCommandRouter.TaskCommandRouterClient(channel)
            .TaskExecPollAsync(new TaskExecPollRequest(), cancellationToken: TestTimeout.Token).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        fillers.ForEach(filler => filler.Dispose());
    }

    [Fact]
    public async Task Connect_NotHttp2_FailsWithStatus()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stopping = new CancellationTokenSource(TestTimeout.Limit);
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(stopping.Token);
                await socket.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stopping.Token);
            }
        });
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        var client = new TaskCommandRouter.TaskCommandRouterClient(channel);

        var exception = await Assert.ThrowsAsync<RpcException>(
            () => client.TaskExecPollAsync(new TaskExecPollRequest()).ResponseAsync.WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Contains(exception.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(60)]
    public async Task End_InsideFrame_ThrowsInternal(int sent)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new byte[100]).AsMemory(0, sent));
            http.Response.End();
        });
        using var call = router.Poll();
        using var stream = router.Read();

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext())).StatusCode);
    }

    [Theory]
    [InlineData(1, null, StatusCode.Internal)]
    [InlineData(1, "identity", StatusCode.Internal)]
    [InlineData(1, "snappy", StatusCode.Unimplemented)]
    [InlineData(2, null, StatusCode.Internal)]
    public async Task CompressedFlag_Refused(byte flag, string? encoding, object expected)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            if (encoding is not null)
            {
                http.Response.Headers["grpc-encoding"] = encoding;
            }

            await http.Response.SendAsync(GrpcResponses.Frame([1, 2, 3], flag));
            http.Response.End();
        });
        using var call = router.Poll();
        using var stream = router.Read();

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext())).StatusCode);
    }

    [Fact]
    public async Task Message_NotParsable_FailsAndResetsTheStream()
    {
        var aborted = new TaskCompletionSource();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame([0xff, 0xff, 0xff]));
            await http.WaitForAbortAsync();
            aborted.SetResult();
        });
        using var stream = router.Read();

        await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext());

        await aborted.Task.WaitAsync(TestTimeout.Token);
    }
}
