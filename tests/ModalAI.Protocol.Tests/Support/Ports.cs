using System.Net;
using System.Net.Sockets;

namespace ModalAI.Protocol.Tests.Support;

internal static class Ports
{
    /// <summary>A port that nobody listens on.</summary>
    public static int Closed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
