using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>
/// Brackets in a pattern of file names, such as <c>[0-9]</c> and <c>[!a]</c>: one character of those, or none of those. Names have brackets too, so they
/// stand for themselves as well.
/// </summary>
internal static class GlobClass
{
    /// <summary>Where the brackets that begin at a place end; -1 where they do not: then the first one is a character as any other.</summary>
    public static int FindEnd(ReadOnlySpan<char> pattern, int start)
    {
        var first = start + 1 + (IsNegated(pattern, start) ? 1 : 0);

        // A bracket that would close an empty class is a member of it.
        var length = first + 1 < pattern.Length ? pattern[(first + 1)..].IndexOfAny(']', '/') : -1;
        var end = first + 1 + length;
        return length >= 0 && pattern[first] != '/' && pattern[end] == ']' ? end : -1;
    }

    /// <summary>Where the first brackets begin that have an end; -1 where there are none.</summary>
    public static int FindFirst(ReadOnlySpan<char> pattern)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '[' && FindEnd(pattern, i) >= 0)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A regular expression for brackets.</summary>
    /// <param name="brackets">The brackets and what is in them.</param>
    public static string ToRegex(string brackets)
    {
        var isNegated = IsNegated(brackets, 0);
        var members = brackets[(isNegated ? 2 : 1)..^1];
        var ranges = new StringBuilder();
        for (var i = 0; i < members.Length; i++)
        {
            var first = members[i];
            var last = i + 2 < members.Length && members[i + 1] == '-' ? members[i += 2] : first;
            if (first <= last)
            {
                ranges.Append(CultureInfo.InvariantCulture, $@"\u{(int)first:x4}-\u{(int)last:x4}");
            }
        }

        var itself = Regex.Escape(brackets).Replace("]", @"\]", StringComparison.Ordinal);
        return ranges.Length == 0 ? itself : isNegated ? $"(?:{itself}|[^/{ranges}])" : $"(?:{itself}|[{ranges}-[/]])";
    }

    /// <summary>A pattern in which brackets stand for one character, as <c>find</c> and ripgrep read it.</summary>
    public static string Quote(string pattern) => pattern.Replace(@"\", @"\\", StringComparison.Ordinal);

    /// <summary>A pattern in which brackets stand for themselves, for those who read them otherwise.</summary>
    public static string QuoteAll(string pattern) => Quote(pattern).Replace("[", @"\[", StringComparison.Ordinal);

    private static bool IsNegated(ReadOnlySpan<char> pattern, int start) => start + 1 < pattern.Length && pattern[start + 1] is '!' or '^';
}
