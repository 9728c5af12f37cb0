using System.Net;

namespace ModalAI.Emulator.Network;

/// <summary>What a sandbox may reach: IPv4 networks on every port, and domains by TLS on port 443.</summary>
/// <param name="Cidrs">Networks.</param>
/// <param name="Domains">Host names, such as <c>example.com</c>; <c>*.example.com</c> stands for it and all below it, <c>*</c> for everything.</param>
internal sealed record NetworkPolicy(IReadOnlyList<IPNetwork> Cidrs, IReadOnlyList<string> Domains)
{
    public const int TlsPort = 443;

    /// <summary>Everything but loopback.</summary>
    public static NetworkPolicy Open { get; } = new([], ["*"]);

    public bool AllowsEverything { get; } = Domains.Contains("*") || Cidrs.Any(static cidr => cidr.PrefixLength == 0);

    /// <summary>Whether every port of an address may be reached.</summary>
    public bool AllowsAddress(IPAddress address) => AllowsEverything || Cidrs.Any(cidr => cidr.Contains(address));

    /// <summary>Whether a host may be reached by TLS, whatever its address.</summary>
    public bool AllowsDomain(string name) => Domains.Any(pattern => DomainName.Matches(pattern, name));
}
