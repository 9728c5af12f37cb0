using System.Net;
using System.Net.Sockets;

namespace ModalAI.Emulator.Network;

/// <summary>Finds the IPv4 addresses of a host; fails with a <see cref="SocketException"/>.</summary>
internal delegate Task<IPAddress[]> NameLookup(string name, CancellationToken cancellationToken);

/// <summary>What sandboxes learn of names: this computer's answers, without the addresses that lead back to its loopback.</summary>
internal static class NameLookups
{
    public static NameLookup Computer { get; } = static (name, cancellationToken) => Dns.GetHostAddressesAsync(name, AddressFamily.InterNetwork, cancellationToken);

    /// <summary>Whether the gateway may ever connect to an address: loopback is nobody's to reach, and the rest are no hosts.</summary>
    public static bool IsOutside(IPAddress address)
    {
        const int FirstMulticast = 224;

        var first = address.GetAddressBytes()[0];
        return address.AddressFamily == AddressFamily.InterNetwork && first is not 0 and not 127 and < FirstMulticast;
    }
}
