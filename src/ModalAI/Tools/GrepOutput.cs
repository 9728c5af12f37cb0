using System.Globalization;
using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>Reads what grep and ripgrep print.</summary>
internal static partial class GrepOutput
{
    /// <summary>Ends names, where the program could be told to end them with a character of its own.</summary>
    private const char Separator = '\u0001';

    /// <param name="output">What was printed, with <see cref="Separator"/> for NUL.</param>
    /// <param name="mode">What was asked for.</param>
    /// <param name="isSeparated">Whether names end with the separator; else with a colon or a dash, as names may hold them too.</param>
    /// <param name="hasDot">Whether the path that was searched begins with a dot and a slash; else those are taken off.</param>
    public static List<GrepHit> Parse(string output, GrepMode mode, bool isSeparated, bool hasDot)
    {
        var hits = new List<GrepHit>();
        var start = "";
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (mode == GrepMode.FilesWithMatches)
            {
                hits.Add(new GrepHit(Name(line.Replace(Separator, '\n'))));
                continue;
            }

            // The end of a line within a name: what has no separator goes on in the next line.
            if (isSeparated && line is not "--" && !line.Contains(Separator, StringComparison.Ordinal))
            {
                start += line + '\n';
                continue;
            }

            if (ParseLine(start + line, mode, isSeparated) is { } hit)
            {
                hits.Add(hit with { Path = Name(hit.Path) });
            }

            start = "";
        }

        // A gap at the end is one to what is not there.
        if (hits.Count > 0 && hits[^1].Path.Length == 0)
        {
            hits.RemoveAt(hits.Count - 1);
        }

        return hits;

        string Name(string path) => !hasDot && path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
    }

    private static GrepHit? ParseLine(string line, GrepMode mode, bool isSeparated)
    {
        if (mode == GrepMode.Content && line == "--")
        {
            return new GrepHit("");
        }

        if (mode == GrepMode.Count)
        {
            var end = line.LastIndexOf(isSeparated ? Separator : ':');
            return end > 0 && long.TryParse(line.AsSpan(end + 1), CultureInfo.InvariantCulture, out var count) ? new GrepHit(line[..end], count) : null;
        }

        var place = (isSeparated ? Separated() : line.Contains(':', StringComparison.Ordinal) && Colons().IsMatch(line) ? Colons() : Dashes()).Match(line);
        return place.Success && long.TryParse(place.Groups["line"].ValueSpan, CultureInfo.InvariantCulture, out var number)
            ? new GrepHit(place.Groups["path"].Value, number, ToolText.Printable(line[place.Length..].TrimEnd('\r')), place.Groups["mark"].Value == ":")
            : null;
    }

    [GeneratedRegex(@"\A(?<path>[^\x01]+)\x01(?<line>\d+)(?<mark>[:-])")]
    private static partial Regex Separated();

    [GeneratedRegex(@"\A(?<path>[^:]*):(?<line>\d+)(?<mark>:)")]
    private static partial Regex Colons();

    [GeneratedRegex(@"\A(?<path>.*?)-(?<line>\d+)(?<mark>-)")]
    private static partial Regex Dashes();
}
