using System.Net;
using System.Net.Sockets;

namespace ModalAI.Configuration;

internal static partial class SandboxOptionRules
{
    private const int MaxHostNameCharacters = 253;
    private const int MaxLabelCharacters = 63;

    /// <summary>A blocked network has neither allowlists nor tunnels; Modal refuses them or leaves them without effect.</summary>
    internal static void CheckBlockedNetwork(OptionErrors errors, string option, bool blocked, IEnumerable<(string Option, bool IsSet)> conflicts)
    {
        if (!blocked)
        {
            return;
        }

        foreach (var conflict in conflicts.Where(conflict => conflict.IsSet))
        {
            errors.Add(option, blocked, $"it cannot be combined with {conflict.Option}; set one of them");
        }
    }

    internal static void CheckCidrs(OptionErrors errors, string option, IEnumerable<string?>? cidrs)
    {
        foreach (var (index, cidr) in (cidrs ?? []).Index())
        {
            if (!IsIPv4Network(cidr))
            {
                errors.Add(
                    $"{option}[{index}]",
                    cidr,
                    "it must be an IPv4 network such as '203.0.113.0/24' or '203.0.113.7/32'; Modal takes no IPv6 networks");
            }
        }
    }

    internal static void CheckDomains(OptionErrors errors, string option, IEnumerable<string?>? domains)
    {
        foreach (var (index, domain) in (domains ?? []).Index())
        {
            if (!IsDomainPattern(domain))
            {
                errors.Add(
                    $"{option}[{index}]",
                    domain,
                    "it must be a host name such as 'pypi.org' or '*.pythonhosted.org', in ASCII, without scheme, port and path");
            }
        }
    }

    /// <summary>Checks the lists of ports together: one port has one tunnel.</summary>
    internal static void CheckPorts(OptionErrors errors, params IEnumerable<(string Option, IEnumerable<int> Ports)> lists)
    {
        var seen = new Dictionary<int, string>();
        foreach (var (option, ports) in lists)
        {
            foreach (var (index, port) in ports.Index())
            {
                if (port is < 1 or > IPEndPoint.MaxPort)
                {
                    errors.Add($"{option}[{index}]", port, "it must be a port from 1 to 65535");
                }
                else if (!seen.TryAdd(port, option))
                {
                    errors.Add($"{option}[{index}]", port, $"the port is already in {seen[port]}; list it once");
                }
            }
        }
    }

    // .NET also reads '10/8' as 0.0.0.10/8 and '010.0.0.0/8' as 8.0.0.0/8; only the canonical form means the same to everybody.
    private static bool IsIPv4Network(string? cidr) =>
        IPNetwork.TryParse(cidr, out var network)
        && network.BaseAddress.AddressFamily == AddressFamily.InterNetwork
        && network.ToString() == cidr;

    private static bool IsDomainPattern(string? domain)
    {
        if (domain is null)
        {
            return false;
        }

        var host = domain.StartsWith("*.", StringComparison.Ordinal) ? domain[2..] : domain;
        return host.Length is > 0 and <= MaxHostNameCharacters && host.Split('.').All(IsLabel) && !IPAddress.TryParse(host, out _);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= MaxLabelCharacters
        && label[0] != '-'
        && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
