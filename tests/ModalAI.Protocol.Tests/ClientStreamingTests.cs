using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Calls with a stream of requests.</summary>
public sealed class ClientStreamingTests
{
    // A server that reads nothing takes less than this, so a write of it has to wait.
    private static TaskExecStdinWriteStreamRequest LargerThanWindows => new() { Data = ByteString.CopyFrom(new byte[8 * 1024 * 1024]) };

    [Fact]
    public async Task Messages_ThenComplete_ServerReadsAllAndAnswers()
    {
        var received = new List<string>();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            while (await http.Request.TryReadAsync(TaskExecStdinWriteStreamRequest.Parser) is { } message)
            {
                received.Add(message.Data.ToStringUtf8());
            }

            await AnswerAsync(http);
        });
        using var call = router.Write();

        for (var i = 0; i < 20; i++)
        {
            await call.RequestStream.WriteAsync(Data($"{i}"), TestTimeout.Token);
        }

        await call.RequestStream.CompleteAsync();
        await call;

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), received);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Message_BeforeTheNext_ReachesServerAtOnce()
    {
        var first = new TaskCompletionSource<string>();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            first.SetResult((await http.Request.ReadAsync(TaskExecStdinWriteStreamRequest.Parser)).Data.ToStringUtf8());
            await http.Request.TryReadAsync(TaskExecStdinWriteStreamRequest.Parser);
            await AnswerAsync(http);
        });
        using var call = router.Write();

        await call.RequestStream.WriteAsync(Data("first"));

        Assert.Equal("first", await first.Task.WaitAsync(TestTimeout.Token));
        await call.RequestStream.CompleteAsync();
        await call;
    }

    [Fact]
    public async Task NoMessages_Complete_ServerSeesEmptyRequest()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            http.Response.Headers["x-empty"] = (await http.Request.TryReadAsync(TaskExecStdinWriteStreamRequest.Parser) is null).ToString();
            await AnswerAsync(http);
        });
        using var call = router.Write();

        await call.RequestStream.CompleteAsync();
        await call;

        Assert.Equal("True", (await call.ResponseHeadersAsync).GetValue("x-empty"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public async Task Server_EndsEarly_ResponseHasStatusAndWriterThrowsIt(int status)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Request.ReadAsync(TaskExecStdinWriteStreamRequest.Parser);
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdinWriteStreamResponse()));
            http.Response.End(status, "stdin is closed");
        });
        using var call = router.Write();
        await call.RequestStream.WriteAsync(Data("only"));

        if (status == 0)
        {
            await call;
        }
        else
        {
            Assert.Equal((StatusCode)status, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        }

        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(Data("late")));
        Assert.Equal((StatusCode)status, write.StatusCode);
        await call.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Server_EndsWhileWriteIsBlocked_WriteThrowsAndResponseHasStatus()
    {
        var blocked = new TaskCompletionSource();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await blocked.Task.WaitAsync(TestTimeout.Token);
            http.Response.EndInHeaders(9, "stdin is closed");
        });
        using var call = router.Write();
        var writing = call.RequestStream.WriteAsync(LargerThanWindows);

        blocked.SetResult();

        await Assert.ThrowsAsync<RpcException>(() => writing.WaitAsync(TestTimeout.Limit));
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task Write_TokenCanceled_CancelsTheCall()
    {
        await using var held = await HeldServer.OpenAsync();
        using var source = new CancellationTokenSource();
        using var call = held.Router.Write();
        await call.RequestStream.WriteAsync(Data("x"), source.Token);
        await held.Arrived;

        await source.CancelAsync();
        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(Data("y"), source.Token));

        Assert.Equal(StatusCode.Cancelled, write.StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task Call_Disposed_ServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync();
        var call = held.Router.Write();
        await call.RequestStream.WriteAsync(Data("x"));
        await held.Arrived;

        call.Dispose();

        await held.Aborted;
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await call.RequestStream.WriteAsync(Data("y")));
    }

    [Fact]
    public async Task Connect_Refused_WriterAndResponseThrowUnavailable()
    {
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress($"http://127.0.0.1:{Ports.Closed()}");
        using var call = new TaskCommandRouter.TaskCommandRouterClient(channel).TaskExecStdinWriteStream();

        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(Data("x")).WaitAsync(TestTimeout.Limit));
        var response = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, write.StatusCode);
        Assert.Equal(StatusCode.Unavailable, response.StatusCode);
    }

    [Fact]
    public async Task Write_MisusedWriter_Throws()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            while (await http.Request.TryReadAsync(TaskExecStdinWriteStreamRequest.Parser) is not null)
            {
            }

            await AnswerAsync(http);
        });
        using var call = router.Write();

        await Assert.ThrowsAsync<ArgumentNullException>(async () => await call.RequestStream.WriteAsync(null!));
        await call.RequestStream.CompleteAsync();
        await call.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(Data("late")));
        await call;
    }

    [Fact]
    public async Task Write_WhileAnotherIsInProgress_Throws()
    {
        await using var held = await HeldServer.OpenAsync();
        using var call = held.Router.Write();
        await held.Arrived;
        var writing = call.RequestStream.WriteAsync(LargerThanWindows);

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(Data("x")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());

        call.Dispose();
        await Assert.ThrowsAsync<RpcException>(() => writing.WaitAsync(TestTimeout.Limit));
    }

    [Fact]
    public async Task Write_OverLimit_ThrowsAndTheStreamGoesOn()
    {
        var received = new List<string>();
        await using var router = await RouterConnection.OpenAsync(
            async http =>
            {
                while (await http.Request.TryReadAsync(TaskExecStdinWriteStreamRequest.Parser) is { } message)
                {
                    received.Add(message.Data.ToStringUtf8());
                }

                await AnswerAsync(http);
            },
            options => options.MaxSendMessageSize = 100);
        using var call = router.Write();

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(Data(new string('x', 200))));
        await call.RequestStream.WriteAsync(Data("small"));
        await call.RequestStream.CompleteAsync();
        await call;

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        Assert.Equal(["small"], received);
    }

    private static TaskExecStdinWriteStreamRequest Data(string text) => new() { Data = ByteString.CopyFromUtf8(text) };

    private static async Task AnswerAsync(HttpContext http)
    {
        await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdinWriteStreamResponse()));
        http.Response.End();
    }
}
