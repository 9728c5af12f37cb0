using System.Text;

namespace ModalAI.Configuration;

/// <summary>Paths inside a sandbox, which are Linux paths wherever this library runs.</summary>
internal static class ModalPaths
{
    internal const string AbsoluteNormalizedRule =
        "it must be an absolute, normalised path: start with '/', and have no '.', '..', empty part, trailing '/' or control character";

    private const int MaxPathBytes = 4095;

    /// <summary>Whether this is the one way to write an absolute path; <c>/</c> itself is one.</summary>
    internal static bool IsAbsoluteNormalized(string? path) =>
        path is ['/', ..] && (path.Length == 1 || IsRelativeNormalized(path[1..]));

    /// <summary>Whether this is the one way to write a path that leads down from some folder.</summary>
    internal static bool IsRelativeNormalized(string? path) =>
        !string.IsNullOrEmpty(path)
        && !path.Any(char.IsControl)
        && Encoding.UTF8.GetByteCount(path) <= MaxPathBytes
        && !path.Split('/').Any(part => part is "" or "." or "..");

    /// <summary>Whether a normalised path is a normalised folder or lies below it.</summary>
    internal static bool IsAtOrBelow(string path, string folder) =>
        folder == "/"
        || (path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == '/'));

    /// <summary>The folders above a normalised path, nearest first, without <c>/</c>.</summary>
    internal static IEnumerable<string> Ancestors(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            yield return path[..slash];
        }
    }
}
