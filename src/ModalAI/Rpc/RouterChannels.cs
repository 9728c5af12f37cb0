using System.Collections.Concurrent;
using System.Net.Security;
using Grpc.Net.Client;
using ModalAI.Protocol;
using Stub = ModalAI.Protocol.TaskCommandRouter.TaskCommandRouterClient;

namespace ModalAI.Rpc;

/// <summary>
/// Connections to command routers. Sandboxes whose tasks run behind one router share its connection, and connections that nobody uses are
/// closed by the handler below after a while.
/// </summary>
internal sealed class RouterChannels : IDisposable
{
    private const int MaxRemembered = 1000;
    private readonly ConcurrentDictionary<string, Lazy<(GrpcChannel Channel, Stub Stub)>> _channels = new(StringComparer.Ordinal);
    private readonly SocketsHttpHandler _handler;
    private readonly bool _isLocal;
    private readonly bool _plaintext;

    public RouterChannels(Uri server, TimeSpan connectTimeout, TimeSpan idleTimeout)
    {
        _handler = GrpcTransport.CreateHandler(connectTimeout);
        _handler.PooledConnectionIdleTimeout = idleTimeout > TimeSpan.Zero ? idleTimeout : Timeout.InfiniteTimeSpan;

        // Modal's own clients dial a router in plaintext when the control plane is on this computer, whatever the router's scheme says;
        // behind a local control plane with TLS its certificate can't be a public one.
        _isLocal = server.IsLoopback;
        _plaintext = _isLocal && server.Scheme == Uri.UriSchemeHttp;
        if (_isLocal && server.Scheme == Uri.UriSchemeHttps)
        {
            _handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = static (sender, _, _, errors) => errors == SslPolicyErrors.None || sender is SslStream { TargetHostName: "localhost" or "127.0.0.1" },
            };
        }
    }

    /// <summary>The client of the router at this URL, of which scheme, host and port count.</summary>
    public Stub Get(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttps && !(_isLocal && uri.Scheme == Uri.UriSchemeHttp)))
        {
            throw new ModalException(ModalErrorCode.Internal, $"Modal named '{url}' as the command router's URL; an absolute https URL was expected.");
        }

        // A channel is little more than an address: sessions that use a forgotten one keep it alive.
        if (_channels.Count >= MaxRemembered)
        {
            _channels.Clear();
        }

        var scheme = _plaintext ? Uri.UriSchemeHttp : uri.Scheme;
        return _channels.GetOrAdd($"{scheme}://{uri.Host}:{uri.Port}", address => new(() => Dial(address))).Value.Stub;
    }

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            if (channel.IsValueCreated)
            {
                channel.Value.Channel.Dispose();
            }
        }

        _handler.Dispose();
    }

    private (GrpcChannel Channel, Stub Stub) Dial(string address)
    {
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = _handler,
            MaxReceiveMessageSize = GrpcTransport.MaxMessageSize,
            MaxSendMessageSize = GrpcTransport.MaxMessageSize,
        });
        return (channel, new Stub(channel));
    }
}
