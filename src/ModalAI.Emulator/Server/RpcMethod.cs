using System.IO.Pipelines;
using Google.Protobuf;

namespace ModalAI.Emulator.Server;

/// <summary>One RPC: reads the request, runs the handler, writes the reply. Throws <see cref="RpcFailedException"/> for a status.</summary>
internal delegate Task RpcMethodBody(PipeReader request, PipeWriter response, RpcContext context);

/// <summary>An RPC that the emulator serves.</summary>
internal sealed record RpcMethod(string Name, Action<RpcContext> Authenticate, RpcMethodBody Body)
{
    public static RpcMethodBody Unary<TRequest, TResponse>(MessageParser<TRequest> parser, Func<TRequest, RpcContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
        => async (request, response, context) =>
        {
            var message = await RpcFrames.ReadOnlyMessageAsync(request, parser, context.CancellationToken).ConfigureAwait(false);
            context.Record(message);
            var reply = await handler(message, context).ConfigureAwait(false);
            RpcFrames.Write(response, reply);
        };

    public static RpcMethodBody ServerStreaming<TRequest, TResponse>(
        MessageParser<TRequest> parser, Func<TRequest, RpcStreamWriter<TResponse>, RpcContext, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
        => async (request, response, context) =>
        {
            var message = await RpcFrames.ReadOnlyMessageAsync(request, parser, context.CancellationToken).ConfigureAwait(false);
            context.Record(message);
            await handler(message, new RpcStreamWriter<TResponse>(response), context).ConfigureAwait(false);
        };

    public static RpcMethodBody ClientStreaming<TRequest, TResponse>(
        MessageParser<TRequest> parser, Func<RpcStreamReader<TRequest>, RpcContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
        => async (request, response, context) =>
        {
            var reply = await handler(new RpcStreamReader<TRequest>(request, parser, context), context).ConfigureAwait(false);
            RpcFrames.Write(response, reply);
        };
}
