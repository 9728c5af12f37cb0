using Google.Protobuf;
using Grpc.Core;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests.Bridge;

/// <summary>Where the bridge is meant to do better than, or other than, the official packages.</summary>
public sealed class BridgeTests
{
    [Fact]
    public async Task UserAgent_ByDefault_NamesTheBridge()
    {
        string? seen = null;
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            seen = http.Request.Headers.UserAgent;
            http.Response.EndInHeaders(5);
            return Task.CompletedTask;
        });

        await Assert.ThrowsAsync<RpcException>(() => router.Poll().ResponseAsync);

        Assert.StartsWith("modalai-grpc/", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UserAgent_InMetadata_IsTheOnlyOne()
    {
        string? seen = null;
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            seen = http.Request.Headers.UserAgent;
            http.Response.EndInHeaders(5);
            return Task.CompletedTask;
        });

        await Assert.ThrowsAsync<RpcException>(() => router.Poll(new CallOptions(new Metadata { { "User-Agent", "own/1" } })).ResponseAsync);

        Assert.Equal("own/1", seen);
    }

    [Fact]
    public async Task Trailers_BinaryValuesJoined_AreSeparated()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Response.EndInHeaders(5);
            http.Response.Headers["x-raw-bin"] = "AQ==, AgM";
            return Task.CompletedTask;
        });

        var exception = await Assert.ThrowsAsync<RpcException>(() => router.Poll().ResponseAsync);

        Assert.Equal([[1], [2, 3]], exception.Trailers.GetAll("x-raw-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public async Task Unary_TokenCanceledAfterHeaders_ThrowsCancelledAndServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync(http => http.Response.SendHeadersAsync());
        using var source = new CancellationTokenSource();
        using var call = held.Router.Poll(new CallOptions(cancellationToken: source.Token));
        await call.ResponseHeadersAsync;

        await source.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task ClientStream_StreamRefusedAfterAMessage_IsNotSentAgainWithoutIt()
    {
        var requests = 0;
        var refused = new TaskCompletionSource();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            if (Interlocked.Increment(ref requests) == 1)
            {
                await http.Request.ReadAsync(TaskExecStdinWriteStreamRequest.Parser);
                http.Reset(0x7);
                refused.SetResult();
                return;
            }

            while (await http.Request.TryReadAsync(TaskExecStdinWriteStreamRequest.Parser) is not null)
            {
            }

            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdinWriteStreamResponse()));
            http.Response.End();
        });
        using var call = router.Write();
        await call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFromUtf8("lost?") });
        await refused.Task.WaitAsync(TestTimeout.Token);

        await call.RequestStream.CompleteAsync();

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
    }

    [Fact]
    public async Task BlockingCall_Refused()
    {
        await using var router = await RouterConnection.OpenAsync(_ => Task.CompletedTask);

        Assert.Throws<NotSupportedException>(() => router.Client.TaskExecPoll(new TaskExecPollRequest()));
    }
}
