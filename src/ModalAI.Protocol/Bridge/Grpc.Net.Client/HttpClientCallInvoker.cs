using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Starts calls on a channel.</summary>
internal sealed class HttpClientCallInvoker(GrpcChannel channel) : CallInvoker
{
    private static readonly Func<object, Task<Metadata>> GetResponseHeaders = static call => ((GrpcCall)call).GetResponseHeadersAsync();
    private static readonly Func<object, Status> GetStatus = static call => ((GrpcCall)call).GetStatus();
    private static readonly Func<object, Metadata> GetTrailers = static call => ((GrpcCall)call).GetTrailers();
    private static readonly Action<object> DisposeCall = static call => ((GrpcCall)call).Dispose();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new SingleResponseCall<TResponse>(channel, method, method.ResponseMarshaller, options);
        call.Start(new MessageContent<TRequest>(request, method.RequestMarshaller, channel.MaxSendMessageSize));
        return new AsyncUnaryCall<TResponse>(call.Response, GetResponseHeaders, GetStatus, GetTrailers, DisposeCall, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ServerStreamingCall<TResponse>(channel, method, method.ResponseMarshaller, options);
        call.Start(new MessageContent<TRequest>(request, method.RequestMarshaller, channel.MaxSendMessageSize));
        return new AsyncServerStreamingCall<TResponse>(call, GetResponseHeaders, GetStatus, GetTrailers, DisposeCall, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new SingleResponseCall<TResponse>(channel, method, method.ResponseMarshaller, options);
        var writer = new MessageStreamContent<TRequest>(call, method.RequestMarshaller);
        call.Start(writer);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            writer, call.Response, GetResponseHeaders, GetStatus, GetTrailers, DisposeCall, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        throw new NotSupportedException($"{method.FullName} streams both ways, which this gRPC client does not do.");

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException($"{method.FullName} was called in a way that blocks its thread. Call {method.Name}Async instead.");
}
