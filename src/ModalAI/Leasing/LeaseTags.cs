using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModalAI.Configuration;

namespace ModalAI.Leasing;

/// <summary>
/// What the tags of a sandbox tell other processes: whose it is, and until when it may be taken for alive. They are all that is left of a lease when its process has crashed.
/// </summary>
internal static class LeaseTags
{
    /// <summary>The application and registration.</summary>
    public const string Owner = LeasingOptionRules.TagPrefix + "owner";

    /// <summary>The process.</summary>
    public const string Holder = LeasingOptionRules.TagPrefix + "holder";

    /// <summary>When it may be ended by others, in seconds since 1970; without it, never.</summary>
    public const string Expires = LeasingOptionRules.TagPrefix + "expires";

    /// <summary>One value for each creation, by which a sandbox is found whose create reply was lost.</summary>
    public const string Create = LeasingOptionRules.TagPrefix + "create";

    /// <summary>A hash of the options that it was created with.</summary>
    public const string Config = LeasingOptionRules.TagPrefix + "config";

    /// <summary>Set once its initial files are there and its setup is done.</summary>
    public const string Ready = LeasingOptionRules.TagPrefix + "ready";

    private const int MaxLength = 63;
    private const int HashLength = 26;

    public static string ExpiresAt(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>How far the clocks of different computers may be apart.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>The tags of the library among all tags.</summary>
    public static Dictionary<string, string> OwnOf(IReadOnlyDictionary<string, string> tags) => new(tags.Where(static tag => IsOwn(tag.Key)), StringComparer.Ordinal);

    /// <summary>Sets the library's own tags, and leaves the others as they are now: the application may have changed them (RPC SandboxTagsGet, SandboxTagsSet, or their V2).</summary>
    public static async Task SetAsync(ModalSandbox sandbox, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        var others = (await sandbox.GetTagsAsync(cancellationToken).ConfigureAwait(false)).Where(static tag => !IsOwn(tag.Key));
        sandbox.KeptTags = OwnOf(tags);
        await sandbox.SetTagsAsync(new Dictionary<string, string>(others, StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether others may end the sandbox, whichever of the clocks is right.</summary>
    public static bool HasExpired(IReadOnlyDictionary<string, string> tags, DateTimeOffset now) => ExpiryOf(tags) + ClockSkew < now;

    /// <summary>When the sandbox may be ended; null for never, or where the tag was tampered with.</summary>
    public static DateTimeOffset? ExpiryOf(IReadOnlyDictionary<string, string> tags) =>
        tags.TryGetValue(Expires, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    /// <summary>The owner's name: the one that was set, or one made of the application's name and the registration's.</summary>
    public static string OwnerOf(ModalSandboxOptions options, string? application, string registration)
    {
        if (options.Owner is { } owner)
        {
            return owner;
        }

        var name = registration.Length == 0 ? application ?? "" : $"{application}.{registration}";
        if (registration.Length == 0 && ModalNames.IsTag(name))
        {
            return name;
        }

        // Two pairs of names must not become one, by what tags can't hold or by the dot between them.
        var legal = new StringBuilder(MaxLength);
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, MaxLength - HashLength - 1)))
        {
            legal.Append(char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-' ? character : '-');
        }

        return $"{legal}-{Hash($"{application}\0{registration}")}";
    }

    /// <summary>The name of a key's sandbox: the beginning of the registration's name, and a hash that tells nothing of the key.</summary>
    public static string NameOf(string name, string key) =>
        $"{name.AsSpan(0, Math.Min(name.Length, MaxLength - HashLength - 1))}-{Hash($"{name}\0{key}")}";

    private static bool IsOwn(string tag) => tag.StartsWith(LeasingOptionRules.TagPrefix, StringComparison.Ordinal);

    /// <summary>130 bits of SHA-256, in letters and digits that names and tags can hold.</summary>
    public static string Hash(string text)
    {
        const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return string.Create(HashLength, hash, static (digits, hash) =>
        {
            for (var i = 0; i < digits.Length; i++)
            {
                var bit = i * 5;
                var pair = (hash[bit / 8] << 8) | hash[(bit / 8) + 1];
                digits[i] = Digits[(pair >> (11 - (bit % 8))) & 31];
            }
        });
    }
}
