using System.Net;

namespace ModalAI.Emulator.Network;

/// <summary>From where a sandbox's ports may be reached through tunnels and connect tokens.</summary>
/// <param name="Cidrs">The networks; empty for everywhere.</param>
internal sealed record InboundRule(IReadOnlyList<IPNetwork> Cidrs)
{
    public bool Allows(IPAddress? client) =>
        Cidrs.Count == 0 || (client is not null && Cidrs.Any(cidr => cidr.Contains(client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client)));
}
