using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Interceptors see each kind of call and may change it.</summary>
public sealed class InterceptorTests
{
    [Fact]
    public async Task Intercept_Several_FirstGivenSeesCallFirst()
    {
        var order = new List<string>();
        await using var router = await RouterConnection.OpenAsync(AnswerPollAsync);
        var invoker = router.Channel.Intercept(new Tagging("a", order), new Tagging("b", order)).Intercept(new Tagging("outer", order));

        await new TaskCommandRouter.TaskCommandRouterClient(invoker).TaskExecPollAsync(
            new TaskExecPollRequest(), cancellationToken: TestTimeout.Token);

        Assert.Equal(["outer", "a", "b"], order);
    }

    [Fact]
    public async Task Metadata_AddedByEach_ReachesServerForEveryKindOfCall()
    {
        var seen = new List<string>();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            seen.Add(string.Concat(http.Request.Headers["x-tag-a"], http.Request.Headers["x-tag-b"]));
            await http.Response.SendAsync(GrpcResponses.Frame([]));
            http.Response.End();
        });
        var client = new TaskCommandRouter.TaskCommandRouterClient(router.Channel.Intercept(new Tagging("a", []), new Tagging("b", [])));

        await client.TaskExecPollAsync(new TaskExecPollRequest(), cancellationToken: TestTimeout.Token);
        using var read = client.TaskExecStdioRead(new TaskExecStdioReadRequest(), cancellationToken: TestTimeout.Token);
        Assert.True(await read.ResponseStream.MoveNext());
        using var write = client.TaskExecStdinWriteStream(cancellationToken: TestTimeout.Token);
        await write.RequestStream.CompleteAsync();
        await write;

        Assert.Equal(["ab", "ab", "ab"], seen);
    }

    [Fact]
    public async Task Unary_Wrapped_CallerGetsTheWrappersResponseAndTheCallsStatus()
    {
        await using var router = await RouterConnection.OpenAsync(AnswerPollAsync);
        var client = new TaskCommandRouter.TaskCommandRouterClient(router.Channel.Intercept(new Doubling()));
        using var call = client.TaskExecPollAsync(new TaskExecPollRequest(), cancellationToken: TestTimeout.Token);

        var response = await call;

        Assert.Equal(42, response.Code);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("yes", call.GetTrailers().GetValue("x-done"));
        Assert.NotNull(await call.ResponseHeadersAsync);
    }

    private static async Task AnswerPollAsync(HttpContext http)
    {
        await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse { Code = 21 }));
        http.Response.End();
        http.Response.AppendTrailer("x-done", "yes");
    }

    private sealed class Tagging(string tag, List<string> order) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Tag(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Tag(context));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(Tag(context));

        private ClientInterceptorContext<TRequest, TResponse> Tag<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            order.Add(tag);
            var headers = new Metadata { { $"x-tag-{tag}", tag } };
            foreach (var entry in context.Options.Headers ?? [])
            {
                headers.Add(entry);
            }

            return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers));
        }
    }

    private sealed class Doubling : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(
                DoubleAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
        }

        private static async Task<TResponse> DoubleAsync<TResponse>(Task<TResponse> response)
        {
            var message = (TaskExecPollResponse)(object)(await response)!;
            message.Code *= 2;
            return (TResponse)(object)message;
        }
    }
}
