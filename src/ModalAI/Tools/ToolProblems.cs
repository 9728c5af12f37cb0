using System.Text;

namespace ModalAI.Tools;

/// <summary>Why text can't be given to a program.</summary>
internal static class ToolProblems
{
    /// <summary>What is wrong with a path; null where nothing is, or where there is none.</summary>
    public static string? OfPath(string name, string? path) => OfText(name, string.IsNullOrEmpty(path) ? null : path, ToolLimits.PathBytes - 1);

    /// <summary>What is wrong with the path of a file; null where nothing is.</summary>
    public static string? OfFile(string name, string path) =>
        path.EndsWith('/') ? $"{name} {ToolText.Quote(path)} names a directory; leave the slash at its end out, or give the path of a file"
        : OfText(name, path, ToolLimits.PathBytes - 1);

    /// <summary>What is wrong with a text; null where nothing is, or where there is none.</summary>
    public static string? OfText(string name, string? text, int maxBytes) => text switch
    {
        null => null,
        "" => $"{name} is empty",
        _ when text.Contains('\0', StringComparison.Ordinal) => $"{name} holds a NUL character, which no program can be given",
        _ when Encoding.UTF8.GetByteCount(text) is var bytes && bytes > maxBytes => $"{name} has {bytes} bytes; at most {maxBytes} are taken",
        _ => null,
    };
}
