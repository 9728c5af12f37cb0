using System.Net;
using System.Net.Sockets;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.NetworkAccess.Types;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Reads what a definition says of a sandbox's network, and checks it as Modal does.</summary>
/// <param name="proxies">The proxies that there are.</param>
/// <param name="policies">Checks outbound policies.</param>
/// <param name="acceptance">What may pass though the emulator cannot do it.</param>
/// <param name="separate">Whether every sandbox gets a network of its own.</param>
internal sealed class NetworkDefinitions(ProxyService proxies, OutboundPolicies policies, Acceptance acceptance, bool separate)
{
    public NetworkPlan Read(Sandbox definition, string environment)
    {
        var ports = ReadPorts(definition.OpenPorts?.Ports ?? []);
        var inbound = new InboundRule([.. definition.InboundCidrAllowlist.Select(cidr => ReadCidr(cidr, "inbound_cidr_allowlist"))]);
        var probe = definition.ReadinessProbe;
        CheckProbe(probe);
        CheckAccepted(definition, environment);
        var (kind, policy) = ReadAccess(definition, hasPorts: ports.Count > 0);
        if (kind == NetworkKind.Blocked)
        {
            CheckBlocked(definition);
        }

        return new NetworkPlan
        {
            Kind = kind,
            Policy = policy,
            Ports = ports,
            Inbound = inbound,
            ReadinessProbe = probe,
            HasOutboundPolicy = definition.ExperimentalOutboundPolicy is not null || definition.OutboundPolicy is not null,
        };
    }

    /// <summary>Fails unless there is the proxy that a definition names, if it names one, and proxies are accepted.</summary>
    public void CheckProxy(Sandbox definition, string environment)
    {
        if (definition is { HasProxyId: true, ProxyId.Length: > 0 })
        {
            proxies.Find(definition.ProxyId, environment);
            acceptance.Check(ModalEmulatorAcceptance.Proxies, isSet: true, "proxies");
        }
    }

    /// <summary>Reads an allowlist.</summary>
    public static NetworkPolicy ReadPolicy(NetworkAccess access)
    {
        IPNetwork[] cidrs = [.. access.AllowedCidrs.Select(cidr => ReadCidr(cidr, "allowed_cidrs"))];
        foreach (var domain in access.AllowedDomains)
        {
            if (!DomainName.IsPattern(domain))
            {
                throw RpcFailedException.InvalidArgument($"Invalid domain '{domain}' in allowed_domains: give a host name such as example.com, *.example.com, or *.");
            }
        }

        return new NetworkPolicy(cidrs, [.. access.AllowedDomains]);
    }

    private static IPNetwork ReadCidr(string text, string field)
    {
        // .NET also reads '10/8' and '010.0.0.0/8', each in a way of its own.
        return IPNetwork.TryParse(text, out var network) && network.BaseAddress.AddressFamily == AddressFamily.InterNetwork && network.ToString() == text
            ? network
            : throw RpcFailedException.InvalidArgument($"Invalid CIDR '{text}' in {field}: give an IPv4 network such as 203.0.113.0/24 or 203.0.113.7/32.");
    }

    private static List<PortPlan> ReadPorts(IReadOnlyList<PortSpec> specs)
    {
        var ports = new List<PortPlan>();
        foreach (var spec in specs)
        {
            if (spec.Port is < 1 or > IPEndPoint.MaxPort)
            {
                throw RpcFailedException.InvalidArgument($"The port {spec.Port} is not one of 1 to {IPEndPoint.MaxPort}.");
            }

            if (ports.Exists(port => port.Port == spec.Port))
            {
                throw RpcFailedException.InvalidArgument($"The port {spec.Port} is given more than once.");
            }

            var isHttp2 = spec is { HasTunnelType: true, TunnelType: TunnelType.H2 };
            if (spec.Unencrypted && isHttp2)
            {
                throw RpcFailedException.InvalidArgument($"The tunnel of port {spec.Port} cannot be unencrypted and of type H2.");
            }

            ports.Add(new PortPlan((int)spec.Port, spec.Unencrypted ? TunnelKind.Unencrypted : isHttp2 ? TunnelKind.Http2 : TunnelKind.Encrypted));
        }

        return ports;
    }

    private static void CheckProbe(Probe? probe)
    {
        switch (probe?.ProbeOneofCase)
        {
            case null:
                return;
            case Probe.ProbeOneofOneofCase.TcpPort when probe.TcpPort is < 1 or > IPEndPoint.MaxPort:
                throw RpcFailedException.InvalidArgument($"The readiness probe's port {probe.TcpPort} is not one of 1 to {IPEndPoint.MaxPort}.");
            case Probe.ProbeOneofOneofCase.ExecCommand:
                if (probe.ExecCommand.Argv.Count == 0)
                {
                    throw RpcFailedException.InvalidArgument("The readiness probe's command is empty.");
                }

                CommandRules.Check(probe.ExecCommand.Argv);
                break;
            case Probe.ProbeOneofOneofCase.None:
                throw RpcFailedException.InvalidArgument("The readiness probe has neither a port nor a command.");
        }

        if (probe is { HasIntervalMs: true, IntervalMs: 0 })
        {
            throw RpcFailedException.InvalidArgument("The readiness probe's interval is not above zero.");
        }
    }

    private static void CheckBlocked(Sandbox definition)
    {
        var access = definition.NetworkAccess;
        foreach (var (isSet, what) in new[]
        {
            (access?.AllowedCidrs.Count > 0 || access?.AllowedDomains.Count > 0 || access?.NetworkAccessType == NetworkAccessType.Allowlist, "an outbound allowlist"),
            (definition.InboundCidrAllowlist.Count > 0, "an inbound allowlist"),
            (definition.OpenPorts?.Ports.Count > 0, "open ports"),
            (definition.I6PnEnabled, "i6pn"),
            (definition.ExperimentalOutboundPolicy is not null || definition.OutboundPolicy is not null, "an outbound policy"),
            (definition is { HasProxyId: true, ProxyId.Length: > 0 }, "a proxy"),
        })
        {
            if (isSet)
            {
                throw RpcFailedException.InvalidArgument($"A blocked network cannot be combined with {what}.");
            }
        }
    }

    private (NetworkKind Kind, NetworkPolicy Policy) ReadAccess(Sandbox definition, bool hasPorts)
    {
        var access = definition.NetworkAccess ?? new NetworkAccess();
        if (definition.BlockNetwork || access.NetworkAccessType == NetworkAccessType.Blocked)
        {
            return (NetworkKind.Blocked, NetworkPolicy.Open);
        }

        if (access.NetworkAccessType != NetworkAccessType.Allowlist)
        {
            return access.AllowedCidrs.Count > 0 || access.AllowedDomains.Count > 0
                ? throw RpcFailedException.InvalidArgument("allowed_cidrs and allowed_domains need a network access of type ALLOWLIST.")
                : (separate ? NetworkKind.Guarded : hasPorts ? NetworkKind.SeparateIfPossible : NetworkKind.Shared, NetworkPolicy.Open);
        }

        if (access.AllowedDomains.Count > 0 && definition.ExperimentalOutboundPolicy is not null)
        {
            throw RpcFailedException.InvalidArgument("An outbound policy cannot be combined with allowed_domains.");
        }

        return (NetworkKind.Guarded, ReadPolicy(access));
    }

    /// <summary>What the emulator cannot do. Its checks come first: what Modal would refuse is no matter of acceptance.</summary>
    private void CheckAccepted(Sandbox definition, string environment)
    {
        CheckProxy(definition, environment);
        if (definition.ExperimentalOutboundPolicy is { } policy)
        {
            policies.Check(policy);
        }

        acceptance.Check(ModalEmulatorAcceptance.OutboundPolicies, definition.OutboundPolicy is not null, "outbound policies with routes");
        acceptance.Check(ModalEmulatorAcceptance.PrivateNetwork, definition.I6PnEnabled, "i6pn, the network between sandboxes");
    }
}
