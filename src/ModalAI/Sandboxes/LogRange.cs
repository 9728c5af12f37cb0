namespace ModalAI.Sandboxes;

/// <summary>How many log entries a span of time has.</summary>
internal readonly record struct LogRange(DateTimeOffset Start, DateTimeOffset End, long Count)
{
    /// <summary>Entries that Modal gives at once.</summary>
    public const int MaxEntries = 20_000;

    /// <summary>Entries from which on a fetch is worth its call.</summary>
    private const int EnoughEntries = 2_000;

    /// <summary>The lengths of buckets that Modal counts in, in seconds.</summary>
    private static readonly int[] BucketSizes =
        [2, 4, 6, 12, 20, 30, 60, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800, 3600, 7200, 10800, 14400, 28800, 43200, 86400];

    /// <summary>Buckets of which about a hundred make up the time.</summary>
    public static int FirstBucketSize(TimeSpan time)
    {
        var fitting = Array.FindIndex(BucketSizes, size => time.TotalSeconds / size <= 100);
        return BucketSizes[fitting < 0 ? ^1 : fitting];
    }

    /// <summary>The next smaller ones; null where there are none.</summary>
    public static int? SmallerBucketSize(TimeSpan time) =>
        Array.FindLastIndex(BucketSizes, size => size < time.TotalSeconds) is var index and >= 0 ? BucketSizes[index] : null;

    /// <summary>Puts neighbours together that are fetched at once: enough to be worth it, and no more than can be had.</summary>
    public static List<LogRange> Merge(IEnumerable<LogRange> ranges)
    {
        var merged = new List<LogRange>();
        LogRange? current = null;
        foreach (var range in ranges)
        {
            if (current is { } open && (range.Count == 0 || open.Count + range.Count > MaxEntries))
            {
                merged.Add(open);
                current = null;
            }

            if (range.Count == 0)
            {
                continue;
            }

            var grown = current is { } begun ? new LogRange(begun.Start, range.End, begun.Count + range.Count) : range;
            if (grown.Count >= EnoughEntries)
            {
                merged.Add(grown);
                current = null;
            }
            else
            {
                current = grown;
            }
        }

        if (current is { } last)
        {
            merged.Add(last);
        }

        return merged;
    }
}
