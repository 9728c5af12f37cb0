namespace ModalAI.Tools;

/// <summary>Finds what a misspelled name may have been meant to be.</summary>
internal static class SimilarNames
{
    private const int MaxLength = 64;

    /// <summary>The three nearest names, nearest first; none where none is near.</summary>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> candidates)
    {
        var wanted = Shorten(name);
        return
        [
            .. candidates
                .Select(candidate => (Name: candidate, Distance: Distance(wanted, Shorten(candidate))))
                .Where(candidate => candidate.Distance <= Math.Max(1, wanted.Length / 3))
                .OrderBy(candidate => candidate.Distance)
                .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
                .Take(3)
                .Select(candidate => candidate.Name),
        ];
    }

    private static string Shorten(string name) => (name.Length > MaxLength ? name[..MaxLength] : name).ToUpperInvariant();

    /// <summary>
    /// How many characters have to be inserted, deleted, replaced or swapped with the next one; none when they differ in their extension alone.
    /// </summary>
    private static int Distance(string wanted, string candidate)
    {
        var stem = Path.GetFileNameWithoutExtension(wanted.AsSpan());
        if (stem.Length > 2 && stem.SequenceEqual(Path.GetFileNameWithoutExtension(candidate.AsSpan())))
        {
            return 0;
        }

        int[] before = [];
        var row = Enumerable.Range(0, candidate.Length + 1).ToArray();
        for (var i = 1; i <= wanted.Length; i++)
        {
            var next = new int[row.Length];
            next[0] = i;
            for (var j = 1; j <= candidate.Length; j++)
            {
                next[j] = Math.Min(Math.Min(row[j], next[j - 1]) + 1, row[j - 1] + (wanted[i - 1] == candidate[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && wanted[i - 1] == candidate[j - 2] && wanted[i - 2] == candidate[j - 1])
                {
                    next[j] = Math.Min(next[j], before[j - 2] + 1);
                }
            }

            (before, row) = (row, next);
        }

        return row[^1];
    }
}
