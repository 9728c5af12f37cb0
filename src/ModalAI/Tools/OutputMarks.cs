using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>What stands in a shown output for what is not there. What a program prints is shown with a backslash where it would pass for that.</summary>
internal static partial class OutputMarks
{
    /// <summary>In the place of lines that were left out.</summary>
    public static string Omitted(long first, long last, long total) => $"[... lines {first} to {last} of {total} left out ...]";

    /// <summary>At the end of a line that was cut. Until <see cref="Show"/> it begins with a character that no cleaned output holds.</summary>
    public static string Cut(long bytes, int maxChars) => $"\u0001… [line of {bytes} bytes cut at {maxChars} characters]";

    /// <summary>Cleaned output as it is shown.</summary>
    public static string Show(string text) => Forged().Replace(text, @"\").Replace("\u0001", "", StringComparison.Ordinal);

    /// <summary>Both streams, where they are separate.</summary>
    public static string Join(string output, string error) => $"stdout:\n{ForgedStream().Replace(output, @"\")}\nstderr:\n{error}";

    [GeneratedRegex(@"(?<!\u0001… )(?=\[(?:\.\.\. lines [0-9]+ to [0-9]+ of [0-9]+ left out \.\.\.|line of [0-9]+ bytes cut at [0-9]+ characters)\])")]
    private static partial Regex Forged();

    [GeneratedRegex("^(?=stderr:$)", RegexOptions.Multiline)]
    private static partial Regex ForgedStream();
}
