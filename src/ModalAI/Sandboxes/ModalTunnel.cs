using System.Net;

namespace ModalAI;

/// <summary>A way from outside to a port of a sandbox (message <c>TunnelData</c>).</summary>
/// <param name="ContainerPort">The port inside.</param>
/// <param name="Host">Where TLS connections to the port are taken.</param>
/// <param name="Port">The port there; 443 for most.</param>
public sealed record ModalTunnel(int ContainerPort, string Host, int Port)
{
    /// <summary>The address for HTTPS.</summary>
    public Uri Uri => new UriBuilder(System.Uri.UriSchemeHttps, Host, Port == 443 ? -1 : Port).Uri;

    /// <summary>Where bare TCP connections are taken; null unless the port is one of <see cref="ModalSandboxCreateOptions.UnencryptedPorts"/>.</summary>
    public DnsEndPoint? TcpEndPoint { get; init; }
}
