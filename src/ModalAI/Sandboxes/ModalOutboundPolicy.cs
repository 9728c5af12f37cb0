using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using ModalAI.Configuration;
using ModalAI.Protocol;

namespace ModalAI;

/// <summary>
/// What Modal changes in HTTP requests that leave a sandbox (message <c>ExperimentalOutboundPolicy</c>): headers are set to values that may hold secrets which the
/// sandbox itself never sees. Immutable. Modal may change this.
/// </summary>
[Experimental("MODALAI001")]
public sealed partial class ModalOutboundPolicy
{
    private const int MaxHeaders = 25;

    private readonly Replacement[] _replacements;

    private ModalOutboundPolicy(Replacement[] replacements) => _replacements = replacements;

    /// <summary>A policy that changes nothing.</summary>
    public static ModalOutboundPolicy Empty { get; } = new([]);

    /// <summary>The named secrets that it uses, in order, one for each replacement that has one.</summary>
    internal IEnumerable<ModalSecret> Secrets => _replacements.Select(static replacement => replacement.Secret).OfType<ModalSecret>();

    /// <summary>The same policy, with headers of requests to a domain replaced.</summary>
    /// <param name="domain">The domain; <c>*.example.com</c> for it and all below it, <c>*</c> for all.</param>
    /// <param name="headers">Values by header name. <c>$KEY</c> in a value stands for a key of the secret, <c>$$</c> for a dollar sign.</param>
    /// <param name="secret">A secret of the workspace, by its name; null for none.</param>
    /// <exception cref="ArgumentException">The domain, a header or the secret is not allowed, or the policy would replace more than 25 headers.</exception>
    public ModalOutboundPolicy WithHeaderReplacement(string domain, IEnumerable<KeyValuePair<string, string>> headers, ModalSecret? secret = null)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(headers);
        if (domain != "*" && !Domain().IsMatch(domain))
        {
            throw new ArgumentException($"{OptionErrors.Show(domain)} is not a domain such as 'example.com', '*.example.com' or '*'.", nameof(domain));
        }

        if (secret is { Name: null })
        {
            throw new ArgumentException("Only a secret with a name can be used: ModalSecret.FromName.", nameof(secret));
        }

        var copy = new Dictionary<string, string>(headers, StringComparer.Ordinal);
        if (copy.Count == 0)
        {
            throw new ArgumentException("At least one header must be given.", nameof(headers));
        }

        foreach (var (name, value) in copy)
        {
            CheckHeader(name, value, secret, nameof(headers));
        }

        var policy = new ModalOutboundPolicy([.. _replacements, new Replacement(domain, copy, secret)]);
        var count = policy._replacements.Sum(static replacement => replacement.Headers.Count);
        return count > MaxHeaders
            ? throw new ArgumentException($"The policy would replace {count} headers; it may replace {MaxHeaders}.", nameof(headers))
            : policy;
    }

    /// <summary>Domains and names of headers; values may be secret.</summary>
    public override string ToString() =>
        string.Join("; ", _replacements.Select(static replacement => $"{replacement.Domain}: {string.Join(", ", replacement.Headers.Keys)}"));

    /// <param name="secretIds">The ids of <see cref="Secrets"/>, in their order.</param>
    internal ExperimentalOutboundPolicy ToProto(IReadOnlyList<string> secretIds)
    {
        var policy = new ExperimentalOutboundPolicy();
        var next = 0;
        foreach (var replacement in _replacements)
        {
            policy.HeaderReplacements.Add(new ExperimentalOutboundPolicy.Types.HeaderReplacement
            {
                Domain = replacement.Domain,
                SecretId = replacement.Secret is null ? "" : secretIds[next++],
                Headers = { replacement.Headers },
            });
        }

        return policy;
    }

    /// <summary>The value is not shown: it may be secret.</summary>
    private static void CheckHeader(string name, string? value, ModalSecret? secret, string parameter)
    {
        if (!HeaderName().IsMatch(name))
        {
            throw new ArgumentException($"{OptionErrors.Show(name)} is not the name of a header.", parameter);
        }

        if (value is null || value.Any(static c => (c < ' ' && c != '\t') || c == '\x7f'))
        {
            throw new ArgumentException($"The value of header '{name}' is null, or holds control characters.", parameter);
        }

        if (secret is null && Reference().IsMatch(value.Replace("$$", "", StringComparison.Ordinal)))
        {
            throw new ArgumentException($"The value of header '{name}' refers to a key of a secret, but no secret was given; write $$ for a dollar sign.", parameter);
        }
    }

    [GeneratedRegex(@"\A(\*\.)?([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\z")]
    private static partial Regex Domain();

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]+\z")]
    private static partial Regex HeaderName();

    [GeneratedRegex(@"\$[a-zA-Z_]")]
    private static partial Regex Reference();

    private sealed record Replacement(string Domain, Dictionary<string, string> Headers, ModalSecret? Secret);
}
