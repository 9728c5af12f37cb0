using System.Globalization;
using System.Net;

namespace ModalAI.Emulator.Network;

/// <summary>The rules of a guarded network, in nft's language.</summary>
internal static class GatewayRules
{
    /// <summary>
    /// Leads TCP and questions of DNS to the gateway and refuses all else: TCP as a closed port would, the rest by an error when it is sent. What may not be
    /// reached is refused here already, since the gateway can only accept first. Replaces earlier rules at once.
    /// </summary>
    public static string Write(NetworkPolicy policy, int tcpPort, int dnsPort)
    {
        var allowed = policy.AllowsEverything
            ? "meta l4proto tcp accept"
            : string.Join(
                "\n    ",
                [
                    .. policy.Cidrs.Count > 0 ? (string[])["meta l4proto tcp ip daddr @allowed accept"] : [],
                    .. policy.Domains.Count > 0 ? (string[])[string.Create(CultureInfo.InvariantCulture, $"tcp dport {NetworkPolicy.TlsPort} accept")] : [],
                ]);
        var set = policy.AllowsEverything || policy.Cidrs.Count == 0
            ? ""
            : $"set allowed {{ type ipv4_addr; flags interval; auto-merge; elements = {{ {string.Join(", ", policy.Cidrs.Select(Normalize))} }} }}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            table ip modal
            delete table ip modal
            table ip modal {
              {{set}}
              chain filter_output {
                type filter hook output priority -150; policy drop;
                udp dport 53 accept
                ip daddr { 127.0.0.0/8, 192.0.0.8 } accept
                {{allowed}}
                meta l4proto tcp reject with tcp reset
              }
              chain redirect_output {
                type nat hook output priority -100; policy accept;
                udp dport 53 redirect to :{{dnsPort}}
                ip daddr { 127.0.0.0/8, 192.0.0.8 } return
                meta l4proto tcp redirect to :{{tcpPort}}
              }
            }

            """);
    }

    private static string Normalize(IPNetwork network) => network.ToString();
}
