using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace ModalAI.Configuration;

/// <summary>
/// Collects what is wrong with an options object, as <c>Type.Option is 'value': rule.</c> Values that may be secret are never handed in.
/// </summary>
/// <param name="typeName">The options type, as users know it.</param>
/// <param name="registration">The name of the registration; null or empty for the default one, which is not mentioned.</param>
internal sealed class OptionErrors(string typeName, string? registration = null)
{
    private const int MaxShownCharacters = 100;

    private readonly List<string> _messages = [];

    /// <summary>The option as users know it, for sentences that begin in their own way.</summary>
    internal string NameOf(string option) => $"{typeName}.{option}";

    /// <summary>Reports an option whose value breaks a rule. The rule is a sentence that begins after a colon, without its full stop.</summary>
    internal void Add(string option, object? value, string rule) => AddStatement($"{NameOf(option)} is {Show(value)}: {rule}.");

    /// <summary>Reports an option without showing its value.</summary>
    internal void AddUnshown(string option, string rule) => AddStatement($"{NameOf(option)} {rule}.");

    /// <summary>Reports a whole sentence.</summary>
    internal void AddStatement(string sentence) =>
        _messages.Add(string.IsNullOrEmpty(registration) ? sentence : $"Registration '{registration}': {sentence}");

    internal ValidateOptionsResult ToResult() =>
        _messages.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_messages);

    /// <exception cref="ModalException">Something is wrong (<see cref="ModalErrorCode.InvalidArgument"/>); the message names all of it.</exception>
    internal void ThrowIfAny()
    {
        if (_messages.Count > 0)
        {
            throw new ModalException(ModalErrorCode.InvalidArgument, string.Join(' ', _messages));
        }
    }

    /// <summary>The names of an enumeration: a, b or c.</summary>
    internal static string Choices(Type enumeration) => Enum.GetNames(enumeration) is var names && names.Length == 1
        ? names[0]
        : $"{string.Join(", ", names.SkipLast(1))} or {names[^1]}";

    internal static string Show(object? value) => value switch
    {
        null => "not set",
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => Quote(value.ToString() ?? ""),
    };

    private static string Quote(string text)
    {
        var shown = new StringBuilder("'");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxShownCharacters)))
        {
            if (char.IsControl(c))
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                shown.Append(c);
            }
        }

        return shown.Append(text.Length > MaxShownCharacters ? "...'" : "'").ToString();
    }
}
