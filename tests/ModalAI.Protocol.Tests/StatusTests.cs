using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>How a call ends, for each way in which a server may end it.</summary>
public sealed class StatusTests
{
    [Fact]
    public async Task Unary_TrailersOnly_ThrowsStatusWithTrailers()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Response.EndInHeaders(5, "no such exec");
            http.Response.Headers["x-reason"] = "gone";
            return Task.CompletedTask;
        });
        using var call = router.Poll();

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
        Assert.Equal("no such exec", exception.Status.Detail);
        Assert.Equal("gone", exception.Trailers.GetValue("x-reason"));
        Assert.Null(exception.Trailers.Get("grpc-status"));
        Assert.Equal(StatusCode.NotFound, call.GetStatus().StatusCode);
        Assert.Equal("gone", call.GetTrailers().GetValue("x-reason"));
    }

    [Fact]
    public async Task ServerStream_TrailersOnlyError_ThrowsStatus()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Response.EndInHeaders(9, "not running");
            return Task.CompletedTask;
        });
        using var call = router.Read();

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
        Assert.Equal("not running", exception.Status.Detail);
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task ServerStream_TrailersOnlyOk_HasNoMessages()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Response.EndInHeaders(0);
            return Task.CompletedTask;
        });
        using var call = router.Read();

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unary_TrailersOnlyOk_ThrowsInternal()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Response.EndInHeaders(0);
            return Task.CompletedTask;
        });

        Assert.Equal(StatusCode.Internal, (await PollFailsAsync(router)).StatusCode);
    }

    [Fact]
    public async Task Unary_OkWithoutMessage_ThrowsInternal()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendHeadersAsync();
            http.Response.End();
        });

        Assert.Equal(StatusCode.Internal, (await PollFailsAsync(router)).StatusCode);
    }

    [Fact]
    public async Task Unary_ErrorAfterMessage_ThrowsError()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse()));
            http.Response.End(10, "try again");
        });

        Assert.Equal(StatusCode.Aborted, (await PollFailsAsync(router)).StatusCode);
    }

    [Fact]
    public async Task Unary_TwoMessages_ThrowsInternal()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse()));
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse()));
            http.Response.End();
        });

        Assert.Equal(StatusCode.Internal, (await PollFailsAsync(router)).StatusCode);
    }

    [Fact]
    public async Task ServerStream_ErrorAfterMessages_YieldsThemThenThrows()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse()));
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse()));
            http.Response.End(14, "moving");
            http.Response.AppendTrailer("x-retry", "soon");
        });
        using var call = router.Read();

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.True(await call.ResponseStream.MoveNext());
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.Equal("soon", exception.Trailers.GetValue("x-retry"));
        Assert.Equal("moving", call.GetStatus().Detail);
        Assert.Equal("soon", call.GetTrailers().GetValue("x-retry"));
    }

    [Theory]
    [InlineData("caf%C3%A9 %E2%9C%93", "café ✓")]
    [InlineData("100%25 sure%0Aof it", "100% sure\nof it")]
    [InlineData("100% sure %zz", "100% sure %zz")]
    [InlineData("", "")]
    public async Task Message_PercentEncoded_IsDecoded(string sent, string expected)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendHeadersAsync();
            http.Response.End(3, sent);
        });

        Assert.Equal(expected, (await PollFailsAsync(router)).Status.Detail);
    }

    [Fact]
    public async Task StatusDetails_Unpadded_AreInTrailersAsBytes()
    {
        byte[] details = [8, 5, 18, 2, 104];
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendHeadersAsync();
            http.Response.End(5, "gone");
            http.Response.AppendTrailer("grpc-status-details-bin", Convert.ToBase64String(details).TrimEnd('='));
        });

        var exception = await PollFailsAsync(router);

        Assert.Equal(details, exception.Trailers.GetValueBytes("grpc-status-details-bin"));
    }

    [Fact]
    public async Task Trailers_UnreadableBinary_DoNotHideTheStatus()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendHeadersAsync();
            http.Response.End(5, "gone");
            http.Response.AppendTrailer("x-broken-bin", "!");
        });

        Assert.Equal(StatusCode.NotFound, (await PollFailsAsync(router)).StatusCode);
    }

    [Fact]
    public async Task Unary_NoGrpcStatus_ThrowsCancelled()
    {
        await using var router = await RouterConnection.OpenAsync(
            http => http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse())));

        Assert.Equal(StatusCode.Cancelled, (await PollFailsAsync(router)).StatusCode);
    }

    [Fact]
    public async Task ServerStream_NoGrpcStatus_ThrowsCancelledAfterMessages()
    {
        await using var router = await RouterConnection.OpenAsync(
            http => http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse())));
        using var call = router.Read();

        Assert.True(await call.ResponseStream.MoveNext());
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
    }

    [Fact]
    public async Task GrpcStatus_NotANumber_ThrowsCancelled()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse()));
            http.Response.AppendTrailer("grpc-status", "fine");
        });

        Assert.Equal(StatusCode.Cancelled, (await PollFailsAsync(router)).StatusCode);
    }

    [Fact]
    public async Task GrpcStatus_UnknownNumber_IsKept()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Response.EndInHeaders(77);
            return Task.CompletedTask;
        });

        Assert.Equal((StatusCode)77, (await PollFailsAsync(router)).StatusCode);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(431, StatusCode.Internal)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task HttpStatus_NotOk_IsMapped(int http, object expected)
    {
        await using var router = await RouterConnection.OpenAsync(context =>
        {
            context.Response.StatusCode = http;
            return context.Response.WriteAsync("<html>not gRPC</html>", TestTimeout.Token);
        });

        Assert.Equal(expected, (await PollFailsAsync(router)).StatusCode);
        using var call = router.Read();
        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/html")]
    [InlineData("application/grpc-web")]
    public async Task ContentType_NotGrpc_ThrowsCancelled(string? contentType)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            http.Response.ContentType = contentType;
            await http.Response.Body.WriteAsync(GrpcResponses.Frame(new TaskExecPollResponse()), TestTimeout.Token);
            http.Response.End();
        });

        Assert.Equal(StatusCode.Cancelled, (await PollFailsAsync(router)).StatusCode);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    public async Task ContentType_GrpcWithMore_IsAccepted(string contentType)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            http.Response.ContentType = contentType;
            await http.Response.Body.WriteAsync(GrpcResponses.Frame(new TaskExecPollResponse { Code = 2 }), TestTimeout.Token);
            http.Response.End();
        });

        Assert.Equal(2, (await router.Poll()).Code);
    }

    [Fact]
    public async Task Unary_EndedBeforeLargeRequestIsRead_ThrowsStatus()
    {
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            http.Response.EndInHeaders(9, "stdin is closed");
            return Task.CompletedTask;
        });
        var request = new TaskExecStdinWriteRequest { Data = ByteString.CopyFrom(new byte[8 * 1024 * 1024]) };

        for (var i = 0; i < 3; i++)
        {
            using var call = router.Client.TaskExecStdinWriteAsync(request, cancellationToken: TestTimeout.Token);
            var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
            Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
        }
    }

    [Fact]
    public async Task GetStatus_CallNotEnded_Throws()
    {
        await using var router = await RouterConnection.OpenAsync(http => http.WaitForAbortAsync());
        using var call = router.Poll();

        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
    }

    private static async Task<RpcException> PollFailsAsync(RouterConnection router)
    {
        using var call = router.Poll();
        return await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
    }
}
