using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>Makes text from a sandbox fit for a model: no terminal escapes, no control characters, no endless lines.</summary>
internal static partial class ToolText
{
    /// <summary>Two names, what happened and what to do about it have to fit into an error.</summary>
    private const int MaxQuotedChars = 240;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>An error that a model can act on: what happened, what is true now, what to do next.</summary>
    public static string Error(string text) => Cut("Error: " + Clean(text), ToolLimits.ErrorChars);

    /// <summary>Removes terminal escape sequences, and makes the rest printable.</summary>
    public static string Clean(string text) => Printable(Escapes().Replace(text, "").Replace("\r\n", "\n", StringComparison.Ordinal));

    /// <summary>Control characters but tab and line end become U+FFFD, and so does what ends a line elsewhere.</summary>
    public static string Printable(string text) => Controls().Replace(text, "\uFFFD");

    /// <summary>A text on one line.</summary>
    public static string OneLine(string text) => Printable(text.ReplaceLineEndings(" "));

    /// <summary>The start of a text, with a mark where it was cut; no half characters.</summary>
    public static string Cut(string text, int maxChars, string mark = "…")
    {
        if (text.Length <= maxChars)
        {
            return text;
        }

        var end = maxChars - mark.Length;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), mark);
    }

    /// <summary>A line, at most <see cref="ToolLimits.LineChars"/> of it, saying so where it was cut.</summary>
    public static string CutLine(string line, int maxChars = ToolLimits.LineChars) =>
        line.Length <= maxChars ? line : $"{Cut(line, maxChars, "")}… [line cut at {maxChars} characters]";

    /// <summary>
    /// A name in quotes, which it can't leave; one that would not show as what it is as the shell would write it, on one line. A long one lacks its middle,
    /// so that it does not push out what stands behind it.
    /// </summary>
    public static string Quote(string name)
    {
        var quoted = QuoteAll(name);
        for (var half = MaxQuotedChars / 2; quoted.Length > MaxQuotedChars + 3; half /= 2)
        {
            if (half * 2 < name.Length)
            {
                quoted = QuoteAll($"{Cut(name, half, "")}…{name[^(char.IsLowSurrogate(name[^half]) ? half - 1 : half)..]}");
            }
        }

        return quoted;
    }

    private static string QuoteAll(string name) => name.Any(IsDeceptive) ? Write(name)
        : !name.Contains('\'', StringComparison.Ordinal) ? $"'{name}'"
        : !name.Contains('"', StringComparison.Ordinal) ? $"\"{name}\""
        : Write(name);

    /// <summary>
    /// A name as it is, on a line of a listing; one that would not show as what it is as the shell would write it. One that begins as our own lines do gets a
    /// directory in front, with which it is still the same path.
    /// </summary>
    public static string Escape(string name) => name.Any(IsDeceptive) ? Write(name) : OwnStart().IsMatch(name) ? $"./{name}" : name;

    /// <summary>Control characters, ends of lines, and what turns the direction of the text around.</summary>
    private static bool IsDeceptive(char character) =>
        char.IsControl(character) || character is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static string Write(string name)
    {
        var escaped = new StringBuilder("$'");
        foreach (var character in name)
        {
            _ = character switch
            {
                '\n' => escaped.Append(@"\n"),
                '\t' => escaped.Append(@"\t"),
                '\r' => escaped.Append(@"\r"),
                '\'' or '\\' => escaped.Append('\\').Append(character),
                _ when IsDeceptive(character) => escaped.Append($"\\u{(int)character:x4}"),
                _ => escaped.Append(character),
            };
        }

        return escaped.Append('\'').ToString();
    }

    /// <summary>A time in whole seconds.</summary>
    public static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);

    /// <summary>A number as a script reads it.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Count(long count, string one, string many) => count == 1 ? $"1 {one}" : $"{count} {many}";

    /// <summary>The text in UTF-8; null where it holds half a character, which would reach the sandbox as another one.</summary>
    public static byte[]? TryEncode(string text)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Lines without their ends; an end of line at the end of the text begins no further line.</summary>
    public static string[] Lines(string text)
    {
        var lines = (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = lines[i].TrimEnd('\r');
        }

        return lines;
    }

    [GeneratedRegex(@"\A(?:\(|\$'|Error: |Note: )")]
    private static partial Regex OwnStart();

    // What is not terminated on its line is no sequence: it must not hide the rest of an output.
    [GeneratedRegex(@"\x1B(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1B\n]*(?:\x07|\x1B\\)|[ -/]*[0-OQ-WYZ\\`-~]|)")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"[\x00-\x08\x0B-\x1F\x7F-\x9F\u2028\u2029]")]
    private static partial Regex Controls();
}
