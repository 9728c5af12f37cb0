using Google.Protobuf;
using Grpc.Core;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Messages up to the limits pass, larger ones are refused on this side.</summary>
public sealed class MessageSizeTests
{
    private const int Limit = 1000;

    [Fact]
    public async Task Receive_AtLimit_Passes()
    {
        await using var router = await OpenAsync(Limit);
        using var call = router.Read();

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(Limit, call.ResponseStream.Current.CalculateSize());
    }

    [Fact]
    public async Task Receive_OverLimit_ThrowsResourceExhausted()
    {
        await using var router = await OpenAsync(Limit + 1);
        using var stream = router.Read();
        using var unary = router.Poll();

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext())).StatusCode);
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => unary.ResponseAsync)).StatusCode);
        Assert.Equal(StatusCode.ResourceExhausted, stream.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Receive_LengthOfTwoGibibytes_ThrowsWithoutReadingIt()
    {
        await using var router = await RouterConnection.OpenAsync(
            async http =>
            {
                await http.Response.SendAsync(new byte[] { 0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3 });
                await http.WaitForAbortAsync();
            });
        using var stream = router.Read();

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext())).StatusCode);
    }

    [Fact]
    public async Task Receive_DefaultLimit_IsFourMebibytes()
    {
        Assert.Equal(4 * 1024 * 1024, new Grpc.Net.Client.GrpcChannelOptions().MaxReceiveMessageSize);
        Assert.Null(new Grpc.Net.Client.GrpcChannelOptions().MaxSendMessageSize);
        await using var router = await RouterConnection.OpenAsync(
            http => http.Response.SendAsync(GrpcResponses.Frame(new byte[(4 * 1024 * 1024) + 1])),
            options => options.MaxReceiveMessageSize = new Grpc.Net.Client.GrpcChannelOptions().MaxReceiveMessageSize);
        using var stream = router.Read();

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext())).StatusCode);
    }

    [Fact]
    public async Task Send_AtLimit_Passes()
    {
        await using var router = await OpenAsync(0);

        await Send(router, RequestOfSize(Limit));
    }

    [Fact]
    public async Task Send_OverLimit_ThrowsResourceExhausted()
    {
        await using var router = await OpenAsync(0);

        var exception = await Assert.ThrowsAsync<RpcException>(() => Send(router, RequestOfSize(Limit + 1)).ResponseAsync);

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task HundredMebibytes_InOneRequest_Pass()
    {
        var sent = RequestOfSize(GrpcTransport.MaxMessageSize);
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            var received = await http.Request.ReadAsync(TaskExecStdinWriteRequest.Parser);
            Assert.Equal(sent.Data, received.Data);
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdinWriteResponse()));
            http.Response.End();
        });

        await Send(router, sent);
    }

    [Fact]
    public async Task HundredMebibytes_InOneResponse_Pass()
    {
        await using var router = await OpenAsync(GrpcTransport.MaxMessageSize, GrpcTransport.MaxMessageSize);
        using var call = router.Read();

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(GrpcTransport.MaxMessageSize, call.ResponseStream.Current.CalculateSize());
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private static Task<RouterConnection> OpenAsync(int responseSize, int limit = Limit) => RouterConnection.OpenAsync(
        async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(ResponseOfSize(responseSize)));
            http.Response.End();
        },
        options =>
        {
            options.MaxReceiveMessageSize = limit;
            options.MaxSendMessageSize = limit;
        });

    private static AsyncUnaryCall<TaskExecStdinWriteResponse> Send(RouterConnection router, TaskExecStdinWriteRequest request) =>
        router.Client.TaskExecStdinWriteAsync(request, cancellationToken: TestTimeout.Token);

    private static byte[] ResponseOfSize(int size)
    {
        var response = new TaskExecStdioReadResponse();
        while (response.CalculateSize() < size)
        {
            response.Data = ByteString.CopyFrom(new byte[response.Data.Length + Math.Max(1, size - response.CalculateSize() - 5)]);
        }

        return response.ToByteArray();
    }

    private static TaskExecStdinWriteRequest RequestOfSize(int size)
    {
        var request = new TaskExecStdinWriteRequest();
        while (request.CalculateSize() < size)
        {
            request.Data = ByteString.CopyFrom(new byte[request.Data.Length + Math.Max(1, size - request.CalculateSize() - 5)]);
        }

        return request;
    }
}
