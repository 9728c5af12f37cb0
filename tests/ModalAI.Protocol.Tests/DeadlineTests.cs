using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>A deadline ends a call on this side, whatever the server does.</summary>
public sealed class DeadlineTests
{
    private static DateTime Soon => DateTime.UtcNow.AddMilliseconds(300);

    [Fact]
    public async Task Unary_ServerSilent_ThrowsDeadlineExceededAndServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync();
        var clock = Stopwatch.StartNew();
        using var call = held.Router.Poll(new CallOptions(deadline: Soon));

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
        Assert.InRange(clock.ElapsedMilliseconds, 250, 10_000);
        await held.Aborted;
    }

    [Fact]
    public async Task ServerStream_MidStream_ReadThrowsDeadlineExceededAndServerSeesReset()
    {
        await using var held = await HeldServer.OpenAsync(
            http => http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse())));
        using var call = held.Router.Read(new CallOptions(deadline: DateTime.UtcNow.AddSeconds(3)));
        Assert.True(await call.ResponseStream.MoveNext());

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        await held.Aborted;
    }

    [Fact]
    public async Task ServerStream_BetweenReads_NextReadThrowsDeadlineExceeded()
    {
        await using var held = await HeldServer.OpenAsync(
            http => http.Response.SendAsync(GrpcResponses.Frame(new TaskExecStdioReadResponse())));
        using var call = held.Router.Read(new CallOptions(deadline: DateTime.UtcNow.AddSeconds(3)));
        Assert.True(await call.ResponseStream.MoveNext());
        await held.Aborted;

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
    }

    [Fact]
    public async Task ClientStream_ServerSilent_WriterAndResponseThrowDeadlineExceeded()
    {
        await using var held = await HeldServer.OpenAsync();
        using var call = held.Router.Write(new CallOptions(deadline: Soon));

        var response = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        var write = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest()));

        Assert.Equal(StatusCode.DeadlineExceeded, response.StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, write.StatusCode);
    }

    [Fact]
    public async Task Unary_DeadlinePassed_SendsNothing()
    {
        var requests = 0;
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            requests++;
            return Task.CompletedTask;
        });
        using var call = router.Poll(new CallOptions(deadline: DateTime.UtcNow.AddSeconds(-1)));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task Unary_ThrowOperationCanceled_ThrowsOperationCanceled()
    {
        await using var held = await HeldServer.OpenAsync(throwOperationCanceled: true);
        using var call = held.Router.Poll(new CallOptions(deadline: Soon));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Deadline_NotUtc_Throws()
    {
        await using var router = await RouterConnection.OpenAsync(http => Task.CompletedTask);

        Assert.Throws<InvalidOperationException>(() => router.Poll(new CallOptions(deadline: new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Local))));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(3 * 86_400)]
    [InlineData(4_000L * 86_400)]
    public async Task Deadline_Ahead_IsSentAsTimeout(long seconds)
    {
        string? header = null;
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            header = http.Request.Headers["grpc-timeout"];
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse()));
            http.Response.End();
        });

        await router.Poll(new CallOptions(deadline: DateTime.UtcNow.AddSeconds(seconds)));

        Assert.InRange(ParseTimeout(header!).TotalSeconds, Math.Min(seconds, 99_999_999) - 20, seconds + 3600);
    }

    private static TimeSpan ParseTimeout(string header)
    {
        Assert.InRange(header.Length, 2, 9);
        var value = long.Parse(header[..^1], NumberStyles.None, CultureInfo.InvariantCulture);
        return header[^1] switch
        {
            'H' => TimeSpan.FromHours(value),
            'M' => TimeSpan.FromMinutes(value),
            'S' => TimeSpan.FromSeconds(value),
            'm' => TimeSpan.FromMilliseconds(value),
            _ => throw new FormatException(header),
        };
    }
}
