using System.Buffers;

namespace ModalAI.Configuration;

/// <summary>What Modal lets things be called.</summary>
internal static class ModalNames
{
    internal const string ObjectNameRule =
        "it must be 1 to 64 letters, digits, '-', '_' and '.', and not look like an app id ('ap-' and 22 letters or digits)";

    internal const string EnvironmentNameRule =
        "it must be 1 to 64 letters, digits, '-', '_' and '.', start with a letter or digit, and not start with 'en-'";

    internal const string EnvironmentVariableNameRule =
        "the name of an environment variable is letters, digits and '_', and does not start with a digit";

    internal const string TagRule = "it must be 1 to 63 letters, digits, '.', '_' and '-'";

    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> Alphanumeric = SearchValues.Create(LettersAndDigits);
    private static readonly SearchValues<char> ObjectNameCharacters = SearchValues.Create(LettersAndDigits + "-_.");
    private static readonly SearchValues<char> VariableCharacters = SearchValues.Create(LettersAndDigits + "_");

    /// <summary>Whether this can be the name of an app, a sandbox or a volume.</summary>
    internal static bool IsObjectName(string? name) =>
        name is { Length: > 0 and <= 64 } && !name.AsSpan().ContainsAnyExcept(ObjectNameCharacters) && !IsId(name, "ap-");

    internal static bool IsEnvironmentName(string? name) =>
        name is { Length: > 0 and <= 64 }
        && char.IsAsciiLetterOrDigit(name[0])
        && !name.AsSpan().ContainsAnyExcept(ObjectNameCharacters)
        && !name.StartsWith("en-", StringComparison.OrdinalIgnoreCase);

    internal static bool IsEnvironmentVariableName(string? name) =>
        name is { Length: > 0 } && !char.IsAsciiDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(VariableCharacters);

    /// <summary>Whether this can be the name or the value of a tag.</summary>
    internal static bool IsTag(string? text) => text is { Length: > 0 and <= 63 } && !text.AsSpan().ContainsAnyExcept(ObjectNameCharacters);

    /// <summary>Whether this is text without blanks and control characters, as image tags and ids are.</summary>
    internal static bool IsUnbroken(string? text) => text is { Length: > 0 } && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    /// <summary>Whether this has the shape of an id: a prefix that tells what it is of, and 22 letters or digits.</summary>
    internal static bool IsId(string text, string prefix) =>
        text.Length == prefix.Length + 22 && text.StartsWith(prefix, StringComparison.Ordinal) && !text.AsSpan(prefix.Length).ContainsAnyExcept(Alphanumeric);
}
