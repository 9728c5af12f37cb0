using System.Collections.Concurrent;
using System.Net.Security;
using Grpc.Net.Client;
using ModalAI.Protocol;
using Stub = ModalAI.Protocol.TaskCommandRouter.TaskCommandRouterClient;

namespace ModalAI.Rpc;

/// <summary>
/// Connections to command routers. Sandboxes whose tasks run behind one router share its connection; one that nobody uses is closed after a while, and dialled again
/// on demand.
/// </summary>
internal sealed class RouterChannels : IDisposable
{
    private const int MaxRemembered = 1000;

    /// <summary>Below the time limit of each attempt of a wait, which counts an attempt that ran into it as a router that is there.</summary>
    private static readonly TimeSpan MaxConnectTimeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Lazy<RouterChannel>> _channels = new(StringComparer.Ordinal);
    private readonly TimeSpan _connectTimeout;
    private readonly bool _isLocal;
    private readonly bool _plaintext;
    private readonly bool _isLocalTls;
    private volatile bool _disposed;

    public RouterChannels(Uri server, ModalClientOptions options)
    {
        _connectTimeout = options.ConnectTimeout < MaxConnectTimeout ? options.ConnectTimeout : MaxConnectTimeout;
        IdleTimeout = options.RouterIdleTimeout is { } idle && idle > TimeSpan.Zero ? idle : Timeout.InfiniteTimeSpan;
        UnreachableTimeout = options.RouterUnreachableTimeout;

        // Modal's own clients dial a router in plaintext when the control plane is on this computer, whatever the router's scheme says;
        // behind a local control plane with TLS its certificate can't be a public one.
        _isLocal = server.IsLoopback;
        _plaintext = _isLocal && server.Scheme == Uri.UriSchemeHttp;
        _isLocalTls = _isLocal && server.Scheme == Uri.UriSchemeHttps;
    }

    /// <summary>After how long without use a connection, or a stream that nobody reads, is let go; infinite for never.</summary>
    public TimeSpan IdleTimeout { get; }

    /// <summary>How long a router may be out of reach before a wait on it fails.</summary>
    public TimeSpan UnreachableTimeout { get; }

    /// <summary>The address that a router's URL stands for, of which scheme, host and port count.</summary>
    /// <exception cref="ModalException">It is no URL of a router.</exception>
    public string AddressOf(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && !(_isLocal && uri.Scheme == Uri.UriSchemeHttp)))
        {
            throw new ModalException(ModalErrorCode.Internal, $"Modal named '{url}' as the command router's URL; an absolute https URL was expected.");
        }

        return $"{(_plaintext ? Uri.UriSchemeHttp : uri.Scheme)}://{uri.Host}:{uri.Port}";
    }

    /// <summary>The client of the router at an address. To be asked for at each call: a channel that was retired is replaced.</summary>
    public Stub Get(string address)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(ModalClient));
        if (_channels.TryGetValue(address, out var known))
        {
            return known.Value.Stub;
        }

        if (_channels.Count >= MaxRemembered)
        {
            foreach (var other in _channels.Keys)
            {
                Retire(other);
            }
        }

        return _channels.GetOrAdd(address, address => new(() => Dial(address))).Value.Stub;
    }

    /// <summary>Has no new call go over the channel of an address; its connections close when the calls on them have ended.</summary>
    public void Retire(string address)
    {
        if (_channels.TryRemove(address, out var channel) && channel.IsValueCreated)
        {
            // Not the channel: that would cancel its calls. The handler closes what is idle now, and the rest when it becomes so.
            channel.Value.Handler.Dispose();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var address in _channels.Keys)
        {
            if (_channels.TryRemove(address, out var channel) && channel.IsValueCreated)
            {
                channel.Value.Channel.Dispose();
                channel.Value.Handler.Dispose();
            }
        }
    }

    private RouterChannel Dial(string address)
    {
        var handler = GrpcTransport.CreateHandler(_connectTimeout);
        handler.PooledConnectionIdleTimeout = IdleTimeout;
        if (_isLocalTls)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = static (sender, _, _, errors) => errors == SslPolicyErrors.None || sender is SslStream { TargetHostName: "localhost" or "127.0.0.1" },
            };
        }

        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            MaxReceiveMessageSize = GrpcTransport.MaxMessageSize,
            MaxSendMessageSize = GrpcTransport.MaxMessageSize,
        });
        return new RouterChannel(handler, channel, new Stub(channel));
    }

    private sealed record RouterChannel(SocketsHttpHandler Handler, GrpcChannel Channel, Stub Stub);
}
