using System.Text.RegularExpressions;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>The rules for names of apps, secrets, volumes and sandboxes, and for those of environment variables.</summary>
internal static partial class ObjectNames
{
    private const int MaxLength = 64;
    private const int MaxTagLength = 63;

    public static void Check(string kind, string name)
    {
        if (!IsValid(name))
        {
            throw RpcFailedException.InvalidArgument(
                $"The {kind} name '{name}' is not allowed: names have 1 to {MaxLength} letters, digits, '-', '_' and '.', and do not look like an app id.");
        }
    }

    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && Name().IsMatch(name) && !AppId().IsMatch(name);

    /// <summary>Names with a period are found, but not made.</summary>
    public static void CheckEnvironment(string name, bool allowPeriods)
    {
        if (!IsValidEnvironment(name, allowPeriods))
        {
            throw RpcFailedException.InvalidArgument(
                $"The environment name '{name}' is not allowed: names have 1 to {MaxLength} letters, digits, '-' and '_', start with a letter or digit, and do not start with 'en-'.");
        }
    }

    public static bool IsValidEnvironment(string name, bool allowPeriods)
        => name.Length is > 0 and <= MaxLength
            && Name().IsMatch(name)
            && char.IsAsciiLetterOrDigit(name[0])
            && (allowPeriods || !name.Contains('.', StringComparison.Ordinal))
            && !name.StartsWith("en-", StringComparison.OrdinalIgnoreCase);

    public static void CheckVariable(string name)
    {
        if (!Variable().IsMatch(name))
        {
            throw RpcFailedException.InvalidArgument(
                $"'{name}' is no name for an environment variable: those have letters, digits and '_', and do not start with a digit.");
        }
    }

    /// <summary>Tags have names and values of the same kind; only a value may be empty.</summary>
    public static void CheckTag(string name, string value)
    {
        if (!IsTag(name))
        {
            throw RpcFailedException.InvalidArgument($"The tag name '{name}' is not allowed: it has 1 to {MaxTagLength} letters, digits, '-', '_' and '.'.");
        }

        if (value.Length > 0 && !IsTag(value))
        {
            throw RpcFailedException.InvalidArgument($"The value '{value}' of tag '{name}' is not allowed: it has at most {MaxTagLength} letters, digits, '-', '_' and '.'.");
        }
    }

    private static bool IsTag(string text) => text.Length is > 0 and <= MaxTagLength && Name().IsMatch(text);

    [GeneratedRegex(@"\A[a-zA-Z0-9\-_.]+\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\Aap-[a-zA-Z0-9]{22}\z")]
    private static partial Regex AppId();

    [GeneratedRegex(@"\A[a-zA-Z_][a-zA-Z0-9_]*\z")]
    private static partial Regex Variable();
}
