using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>Makes a name that an application may use as that of a file, on any system, out of a path that a model chose.</summary>
internal static class ArtifactName
{
    private const int MaxChars = 120;
    private const int MaxExtensionChars = 20;

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    };

    /// <summary>The last part of a path, without what means something to a shell's glob, a file system, or the order of writing.</summary>
    public static string From(string path)
    {
        var name = new StringBuilder();
        foreach (var rune in path[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..].EnumerateRunes())
        {
            name.Append(IsHarmless(rune) ? rune.ToString() : "_");
        }

        // Windows drops dots and spaces at the end; one at the start hides a file, or is "..", and a dash makes an option of it.
        var clean = Shorten(name.ToString().Trim(' ').TrimEnd('.', ' ').TrimStart('.', '-', ' '));
        var stem = clean.Split('.')[0].TrimEnd();
        return clean.Length == 0 ? "file" : Reserved.Contains(stem) ? $"_{clean}" : clean;
    }

    private static bool IsHarmless(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && rune.Value != 0xFFFD
        && !(rune.IsAscii && "<>:\"/\\|?*$`;&!'".Contains((char)rune.Value, StringComparison.Ordinal));

    /// <summary>Cuts a long name before its extension.</summary>
    private static string Shorten(string name)
    {
        if (name.Length <= MaxChars)
        {
            return name;
        }

        var dot = name.LastIndexOf('.');
        var extension = dot > 0 && name.Length - dot <= MaxExtensionChars ? name[dot..] : "";
        return ToolText.Cut(name[..^extension.Length], MaxChars - extension.Length, "") + extension;
    }
}
