using System.Text.RegularExpressions;

namespace ModalAI.Emulator.Network;

/// <summary>Names of hosts, and the patterns that stand for them in lists.</summary>
internal static partial class DomainName
{
    private const string Wildcard = "*.";

    /// <summary>Whether this is a host name, with <c>*.</c> before it perhaps, or a bare <c>*</c>.</summary>
    public static bool IsPattern(string text) => text == "*" || Pattern().IsMatch(text);

    /// <summary>A wildcard stands for the domain itself too.</summary>
    public static bool Matches(string pattern, string name)
    {
        name = name.TrimEnd('.');
        if (!pattern.StartsWith(Wildcard, StringComparison.Ordinal))
        {
            return pattern == "*" || string.Equals(pattern, name, StringComparison.OrdinalIgnoreCase);
        }

        var domain = pattern.AsSpan(Wildcard.Length);
        return name.AsSpan().EndsWith(domain, StringComparison.OrdinalIgnoreCase)
            && (name.Length == domain.Length || name[name.Length - domain.Length - 1] == '.');
    }

    [GeneratedRegex(@"\A(\*\.)?([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\z")]
    private static partial Regex Pattern();
}
