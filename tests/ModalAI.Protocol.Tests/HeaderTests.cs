using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>What a server sees of a call, and what a caller sees of its headers.</summary>
public sealed class HeaderTests
{
    [Fact]
    public async Task Request_Unary_SpeaksGrpc()
    {
        HttpRequest? seen = null;
        TaskExecPollRequest? message = null;
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            seen = http.Request;
            message = await http.Request.ReadAsync(TaskExecPollRequest.Parser);
            await AnswerAsync(http);
            Assert.Equal("POST", seen.Method);
            Assert.Equal("HTTP/2", seen.Protocol);
            Assert.Equal("/modal.task_command_router.TaskCommandRouter/TaskExecPoll", seen.Path);
            Assert.Equal("application/grpc", seen.ContentType);
            Assert.Equal("trailers", seen.Headers.TE);
            Assert.Contains("identity", seen.Headers["grpc-accept-encoding"].ToString(), StringComparison.Ordinal);
            Assert.False(seen.Headers.ContainsKey("grpc-timeout"));
        });

        await router.Poll();

        Assert.Equal("ta-1", message!.TaskId);
    }

    [Fact]
    public async Task Metadata_TextAndBinary_ReachesServer()
    {
        IHeaderDictionary? seen = null;
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            seen = new HeaderDictionary(http.Request.Headers.ToDictionary());
            return AnswerAsync(http);
        });

        await router.Poll(new CallOptions(new Metadata
        {
            { "X-Modal-Client-Version", "1.2" },
            { "x-twice", "a" },
            { "x-twice", "b" },
            { "x-raw-bin", [0, 1, 254, 255] },
            { "user-agent", "modalai/9" },
        }));

        Assert.Equal("1.2", seen!["x-modal-client-version"]);
        Assert.Equal("a,b", seen["x-twice"].ToString().Replace(" ", string.Empty, StringComparison.Ordinal));
        Assert.Equal("AAH+/w==", seen["x-raw-bin"]);
        Assert.Contains("modalai/9", seen.UserAgent.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_GrpcTimeoutEntry_IsLeftToTheDeadline()
    {
        string? timeout = null;
        await using var router = await RouterConnection.OpenAsync(http =>
        {
            timeout = http.Request.Headers["grpc-timeout"];
            return AnswerAsync(http);
        });

        await router.Poll(new CallOptions(new Metadata { { "grpc-timeout", "1S" } }));

        Assert.Null(timeout);
    }

    [Fact]
    public async Task ResponseHeaders_SentBeforeMessages_AreReadBeforeThem()
    {
        var answer = new TaskCompletionSource();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            http.Response.Headers["x-server"] = "one";
            http.Response.Headers["x-raw-bin"] = "AAH+/w";
            await http.Response.SendHeadersAsync();
            await answer.Task.WaitAsync(TestTimeout.Token);
            await AnswerAsync(http);
        });
        using var call = router.Poll();

        var headers = await call.ResponseHeadersAsync;
        Assert.False(call.ResponseAsync.IsCompleted);
        answer.SetResult();
        await call;

        Assert.Equal("one", headers.GetValue("x-server"));
        Assert.Equal([0, 1, 254, 255], headers.GetValueBytes("x-raw-bin"));
        Assert.Null(headers.Get("content-type"));
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse()));
        http.Response.End();
    }
}
