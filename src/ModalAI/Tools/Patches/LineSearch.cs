using System.Text;

namespace ModalAI.Tools.Patches;

/// <summary>Finds lines in a file as a model remembers them: first exactly, then without blanks at their ends, then without any around them, then with plain punctuation.</summary>
internal static class LineSearch
{
    private static readonly Func<string, string>[] Ways = [static line => line, static line => line.TrimEnd(), static line => line.Trim(), Plain];

    /// <summary>Where the lines are; -1 where they are not.</summary>
    /// <param name="lines">The lines of the file.</param>
    /// <param name="wanted">The lines that are looked for.</param>
    /// <param name="from">Where the search begins.</param>
    /// <param name="isAtEnd">Whether they should be the last ones; they are looked for there first.</param>
    public static int Find(IReadOnlyList<string> lines, IReadOnlyList<string> wanted, int from, bool isAtEnd)
    {
        var last = lines.Count - wanted.Count;
        foreach (var way in Ways)
        {
            string[] made = [.. wanted.Select(way)];
            if (isAtEnd && last >= from && IsAt(lines, made, last, way))
            {
                return last;
            }

            for (var at = from; at <= last; at++)
            {
                if (IsAt(lines, made, at, way))
                {
                    return at;
                }
            }
        }

        return -1;
    }

    private static bool IsAt(IReadOnlyList<string> lines, string[] wanted, int at, Func<string, string> way)
    {
        for (var i = 0; i < wanted.Length; i++)
        {
            if (way(lines[at + i]) != wanted[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The line with typographic dashes, quotes and blanks as a keyboard has them.</summary>
    private static string Plain(string line)
    {
        var plain = new StringBuilder(line.Length);
        foreach (var character in line.Trim())
        {
            plain.Append(character switch
            {
                >= '\u2010' and <= '\u2015' or '\u2212' => '-',
                >= '\u2018' and <= '\u201B' => '\'',
                >= '\u201C' and <= '\u201F' => '"',
                '\u00A0' or (>= '\u2002' and <= '\u200A') or '\u202F' or '\u205F' or '\u3000' => ' ',
                _ => character,
            });
        }

        return plain.ToString();
    }
}
