using System.Buffers;
using System.Globalization;

namespace ModalAI.Configuration;

/// <summary>The GPU of a sandbox as text: <c>TYPE</c> or <c>TYPE:COUNT</c>. Which types exist is Modal's business.</summary>
internal static class GpuSpec
{
    internal const string Rule =
        "it must be a GPU type of letters, digits, '-', '_', '.', '+' and '!', perhaps with a count of at least 1, such as 'T4' or 'A100:2'";

    private static readonly SearchValues<char> TypeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+!");

    /// <summary>Reads a GPU; null when there is none to read. The type comes back in upper case, as Modal wants it.</summary>
    /// <exception cref="FormatException">The text is malformed.</exception>
    internal static (string Type, uint Count)? Parse(string? gpu)
    {
        if (!TryParse(gpu, out var spec))
        {
            throw new FormatException($"The GPU is '{gpu}': {Rule}.");
        }

        return spec;
    }

    internal static bool TryParse(string? gpu, out (string Type, uint Count)? spec)
    {
        spec = null;
        if (string.IsNullOrEmpty(gpu))
        {
            return true;
        }

        var colon = gpu.IndexOf(':', StringComparison.Ordinal);
        var type = colon < 0 ? gpu : gpu[..colon];
        var count = 1u;
        if (type.Length == 0
            || type.AsSpan().ContainsAnyExcept(TypeCharacters)
            || (colon >= 0 && !uint.TryParse(gpu.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out count))
            || count == 0)
        {
            return false;
        }

        spec = (type.ToUpperInvariant(), count);
        return true;
    }
}
