namespace Grpc.Net.ClientFactory;

/// <summary>How long an interceptor lives.</summary>
internal enum InterceptorScope
{
    /// <summary>Created once, and shared by all clients of the channel.</summary>
    Channel,

    /// <summary>Created for each client.</summary>
    Client,
}
