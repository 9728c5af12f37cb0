namespace ModalAI.Protocol;

/// <summary>The HTTP/2 transport of gRPC channels, tuned for few connections with many calls and large streams.</summary>
internal static class GrpcTransport
{
    /// <summary>The largest message either side sends: 100 MiB.</summary>
    public const int MaxMessageSize = 100 * 1024 * 1024;

    // What a stream may hold for a reader that is slow, to begin with: SocketsHttpHandler makes it larger, up to 16 MiB, where a way is so
    // long that a reader would wait for round trips.
    private const int StreamWindowSize = 256 * 1024;

    private static readonly TimeSpan KeepAlivePingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeepAlivePingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A new handler, with its own connections. Pings find a dead peer, also while no call is open.</summary>
    /// <param name="connectTimeout">How long a connection may take, TLS included.</param>
    public static SocketsHttpHandler CreateHandler(TimeSpan connectTimeout) => new()
    {
        ConnectTimeout = connectTimeout,
        EnableMultipleHttp2Connections = true,
        InitialHttp2StreamWindowSize = StreamWindowSize,
        KeepAlivePingDelay = KeepAlivePingDelay,
        KeepAlivePingTimeout = KeepAlivePingTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        AllowAutoRedirect = false,
        UseCookies = false,
    };
}
