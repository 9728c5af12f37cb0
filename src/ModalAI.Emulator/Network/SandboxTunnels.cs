using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Network;

/// <summary>The tunnels of one sandbox: loopback ports of this computer that lead to ports inside.</summary>
internal sealed class SandboxTunnels : IAsyncDisposable
{
    private const string Host = "127.0.0.1";
    private const byte TlsHandshake = 22;
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(15);

    private readonly InboundRule _inbound;
    private readonly Func<int, CancellationToken, Task<Socket>> _connectAsync;
    private readonly Func<IDisposable> _enter;
    private readonly TunnelCertificate _certificate;
    private readonly List<ConnectionListener> _listeners = [];

    private SandboxTunnels(
        InboundRule inbound, Func<int, CancellationToken, Task<Socket>> connectAsync, Func<IDisposable> enter, TunnelCertificate certificate)
    {
        _inbound = inbound;
        _connectAsync = connectAsync;
        _enter = enter;
        _certificate = certificate;
    }

    /// <summary>Where the tunnels are, in the order in which they were asked for.</summary>
    public List<TunnelData> Data { get; } = [];

    /// <summary>Opens the tunnels.</summary>
    /// <param name="ports">The ports inside.</param>
    /// <param name="inbound">Who may use them.</param>
    /// <param name="connectAsync">Connects to a port inside.</param>
    /// <param name="enter">Called when a connection begins; what it gives is disposed of when the connection has ended.</param>
    /// <param name="certificate">What TLS shows.</param>
    public static SandboxTunnels Open(
        IReadOnlyList<PortPlan> ports,
        InboundRule inbound,
        Func<int, CancellationToken, Task<Socket>> connectAsync,
        Func<IDisposable> enter,
        TunnelCertificate certificate)
    {
        var tunnels = new SandboxTunnels(inbound, connectAsync, enter, certificate);
        foreach (var (port, kind) in ports)
        {
            var data = new TunnelData { ContainerPort = (uint)port, Host = Host, Port = tunnels.Listen(port, isEncrypted: true, kind == TunnelKind.Http2) };
            if (kind == TunnelKind.Unencrypted)
            {
                data.UnencryptedHost = Host;
                data.UnencryptedPort = tunnels.Listen(port, isEncrypted: false, allowsHttp2: false);
            }

            tunnels.Data.Add(data);
        }

        return tunnels;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    private uint Listen(int port, bool isEncrypted, bool allowsHttp2)
    {
        var listener = new ConnectionListener(
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp),
            (client, cancellationToken) => ServeAsync(client, port, isEncrypted, allowsHttp2, cancellationToken));
        _listeners.Add(listener);
        return (uint)listener.Port;
    }

    private async Task ServeAsync(Socket client, int port, bool isEncrypted, bool allowsHttp2, CancellationToken cancellationToken)
    {
        if (!_inbound.Allows((client.RemoteEndPoint as IPEndPoint)?.Address))
        {
            ConnectionEnd.Reset(client);
            return;
        }

        using var activity = _enter();
        var outside = isEncrypted && await IsTlsAsync(client, cancellationToken).ConfigureAwait(false)
            ? await AcceptTlsAsync(client, allowsHttp2, cancellationToken).ConfigureAwait(false)
            : new ConnectionEnd(client);
        await using (outside.ConfigureAwait(false))
        {
            Socket socket;
            try
            {
                socket = await _connectAsync(port, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (ConnectionPipe.IsBroken(e))
            {
                // Nothing listens inside.
                outside.Abort();
                return;
            }

            var inside = new ConnectionEnd(socket);
            await using (inside.ConfigureAwait(false))
            {
                await ConnectionPipe.RunAsync(outside, inside, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Looks at the first byte that the client sends, and leaves it there.</summary>
    private static async Task<bool> IsTlsAsync(Socket client, CancellationToken cancellationToken)
    {
        var first = new byte[1];
        var count = await client.ReceiveAsync(first, SocketFlags.Peek, cancellationToken).ConfigureAwait(false);
        return count == 1 && first[0] == TlsHandshake;
    }

    private async Task<ConnectionEnd> AcceptTlsAsync(Socket client, bool allowsHttp2, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HandshakeLimit);
        var tls = new SslStream(new NetworkStream(client, ownsSocket: false));
        try
        {
            await tls.AuthenticateAsServerAsync(_certificate.CreateOptions(allowsHttp2), limit.Token).ConfigureAwait(false);
            return new ConnectionEnd(client, tls);
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new IOException("The TLS handshake failed.", e);
        }
    }
}
