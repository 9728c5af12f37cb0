using System.Text.RegularExpressions;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Outbound policies, which replace headers of requests that leave: the emulator checks them, and cannot carry them out.</summary>
internal sealed partial class OutboundPolicies(SecretService secrets, Acceptance acceptance)
{
    private const int MaxHeaders = 25;

    public void Check(ExperimentalOutboundPolicy policy)
    {
        var count = 0;
        foreach (var replacement in policy.HeaderReplacements)
        {
            if (!DomainName.IsPattern(replacement.Domain))
            {
                throw RpcFailedException.InvalidArgument($"Invalid domain '{replacement.Domain}' in the outbound policy.");
            }

            if (replacement.Headers.Count == 0)
            {
                throw RpcFailedException.InvalidArgument($"The outbound policy for '{replacement.Domain}' replaces no header.");
            }

            if (replacement.SecretId.Length > 0)
            {
                secrets.CheckNamed(replacement.SecretId);
            }

            // Values may hold what is secret: they are not named.
            foreach (var (name, value) in replacement.Headers)
            {
                CheckHeader(name, value);
                if (replacement.SecretId.Length == 0 && References().IsMatch(value.Replace("$$", "", StringComparison.Ordinal)))
                {
                    throw RpcFailedException.InvalidArgument($"The value of header '{name}' refers to a key of a secret, and the outbound policy for '{replacement.Domain}' names none.");
                }
            }

            count += replacement.Headers.Count;
        }

        if (count > MaxHeaders)
        {
            throw RpcFailedException.InvalidArgument($"The outbound policy replaces {count} headers; it may replace {MaxHeaders}.");
        }

        acceptance.Check(ModalEmulatorAcceptance.OutboundPolicies, isSet: true, "outbound policies");
    }

    private static void CheckHeader(string name, string value)
    {
        if (!HeaderName().IsMatch(name))
        {
            throw RpcFailedException.InvalidArgument($"Invalid header name '{name}' in the outbound policy.");
        }

        if (value.Any(static c => char.IsControl(c) && c != '\t'))
        {
            throw RpcFailedException.InvalidArgument($"The value of header '{name}' in the outbound policy has control characters.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]+\z")]
    private static partial Regex HeaderName();

    [GeneratedRegex(@"\$[a-zA-Z_]")]
    private static partial Regex References();
}
