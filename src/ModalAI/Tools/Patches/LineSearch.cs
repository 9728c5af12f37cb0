using System.Text;

namespace ModalAI.Tools.Patches;

/// <summary>Finds lines in a file as a model remembers them: first exactly, then without blanks at their ends, then without any around them, then with plain punctuation.</summary>
/// <param name="lines">The lines of the file.</param>
/// <param name="cancellationToken">Stops a search.</param>
internal sealed class LineSearch(IReadOnlyList<string> lines, CancellationToken cancellationToken)
{
    private const int LinesBetweenChecks = 64 * 1024;

    private readonly Way[] _ways = [new(lines, static line => line), new(lines, static line => line.TrimEnd()), new(lines, static line => line.Trim()), new(lines, Plain)];

    /// <summary>Where the lines are; -1 where they are not.</summary>
    /// <param name="wanted">The lines that are looked for.</param>
    /// <param name="from">Where the search begins.</param>
    /// <param name="isAtEnd">Whether they should be the last ones; they are looked for there first.</param>
    public int Find(IReadOnlyList<string> wanted, int from, bool isAtEnd)
    {
        var last = lines.Count - wanted.Count;
        foreach (var way in _ways)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (last < from || way.TryTranslate(wanted) is not { } made)
            {
                continue;
            }

            var place = isAtEnd && way.Numbers[last..].SequenceEqual(made) ? last : Find(way.Numbers, made, from);
            if (place >= 0)
            {
                return place;
            }
        }

        return -1;
    }

    /// <summary>Looks at each line once, however often the lines that are looked for have begun already (Knuth, Morris and Pratt).</summary>
    private int Find(ReadOnlySpan<int> numbers, int[] wanted, int from)
    {
        var shorter = new int[wanted.Length];
        for (var (i, matched) = (1, 0); i < wanted.Length; i++)
        {
            matched = Extend(wanted[i], matched);
            shorter[i] = matched;
        }

        for (var (i, matched) = (from, 0); i < numbers.Length; i++)
        {
            if (i % LinesBetweenChecks == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            matched = Extend(numbers[i], matched);
            if (matched == wanted.Length)
            {
                return i + 1 - matched;
            }
        }

        return -1;

        int Extend(int number, int matched)
        {
            while (matched > 0 && wanted[matched] != number)
            {
                matched = shorter[matched - 1];
            }

            return wanted[matched] == number ? matched + 1 : 0;
        }
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

    /// <summary>A way of reading lines, with the file's lines as numbers: the same for lines that read the same.</summary>
    private sealed class Way(IReadOnlyList<string> lines, Func<string, string> read)
    {
        private readonly Dictionary<string, int> _known = [];
        private int[]? _numbers;

        /// <summary>The lines of the file.</summary>
        public ReadOnlySpan<int> Numbers => _numbers ??= [.. lines.Select(line => Number(read(line)))];

        /// <summary>Other lines; null where the file has no such line.</summary>
        public int[]? TryTranslate(IReadOnlyList<string> wanted)
        {
            _ = Numbers;
            var made = new int[wanted.Count];
            for (var i = 0; i < made.Length; i++)
            {
                if (!_known.TryGetValue(read(wanted[i]), out made[i]))
                {
                    return null;
                }
            }

            return made;
        }

        private int Number(string line)
        {
            _known.TryAdd(line, _known.Count);
            return _known[line];
        }
    }
}
