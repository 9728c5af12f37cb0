using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ModalAI.Emulator.Server;

/// <summary>The RPCs of one protobuf service that have a handler. A handler that does not fit the service's description is a bug, found at start.</summary>
internal sealed class RpcService(ServiceDescriptor descriptor, Action<RpcContext> authenticate)
{
    private readonly Dictionary<string, RpcMethod> _methods = new(StringComparer.Ordinal);

    public string Name => descriptor.FullName;

    /// <summary>Handlers by the RPC's short name.</summary>
    public IReadOnlyDictionary<string, RpcMethod> Methods => _methods;

    /// <summary>The same handlers behind another check of the calls.</summary>
    public RpcService With(Action<RpcContext> otherCheck)
    {
        var service = new RpcService(descriptor, otherCheck);
        foreach (var (name, method) in _methods)
        {
            service._methods.Add(name, method with { Authenticate = otherCheck });
        }

        return service;
    }

    public void Unary<TRequest, TResponse>(string rpc, Func<TRequest, RpcContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
        => Add(rpc, RpcMethod.Unary(Parser<TRequest, TResponse>(rpc, isClientStreaming: false, isServerStreaming: false), handler));

    public void ServerStreaming<TRequest, TResponse>(string rpc, Func<TRequest, RpcStreamWriter<TResponse>, RpcContext, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
        => Add(rpc, RpcMethod.ServerStreaming(Parser<TRequest, TResponse>(rpc, isClientStreaming: false, isServerStreaming: true), handler));

    public void ClientStreaming<TRequest, TResponse>(string rpc, Func<RpcStreamReader<TRequest>, RpcContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
        => Add(rpc, RpcMethod.ClientStreaming(Parser<TRequest, TResponse>(rpc, isClientStreaming: true, isServerStreaming: false), handler));

    private void Add(string rpc, RpcMethodBody body) => _methods.Add(rpc, new RpcMethod(rpc, authenticate, body));

    private MessageParser<TRequest> Parser<TRequest, TResponse>(string rpc, bool isClientStreaming, bool isServerStreaming)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var method = descriptor.FindMethodByName(rpc) ?? throw new InvalidOperationException($"{Name} has no RPC {rpc}.");
        if (method.InputType.ClrType != typeof(TRequest)
            || method.OutputType.ClrType != typeof(TResponse)
            || method.IsClientStreaming != isClientStreaming
            || method.IsServerStreaming != isServerStreaming)
        {
            throw new InvalidOperationException($"The handler of {Name}/{rpc} does not fit the RPC's description.");
        }

        return (MessageParser<TRequest>)method.InputType.Parser;
    }
}
