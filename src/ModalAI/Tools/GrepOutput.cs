using System.Globalization;
using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>Reads what the search of contents printed.</summary>
internal static partial class GrepOutput
{
    /// <summary>Ends a name.</summary>
    private const char End = '\u0001';

    /// <summary>Stands for a line that says that a file is binary.</summary>
    private const string BinaryText = "binary";

    /// <summary>Begins a name that stands alone.</summary>
    private const char Start = '\u0002';

    /// <param name="output">What was printed.</param>
    /// <param name="mode">What was asked for.</param>
    /// <param name="isSeparated">Whether each line begins with a name; else names stand alone before the lines of their files.</param>
    public static List<GrepHit> Parse(string output, GrepMode mode, bool isSeparated)
    {
        var lines = isSeparated && mode == GrepMode.FilesWithMatches
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => (Path: line.Replace(End, '\n'), Text: ""))
            : isSeparated ? Separated(output)
            : Alone(output, mode);
        return TrimGaps(lines.Select(line => Hit(Name(line.Path), line.Text, mode)).OfType<GrepHit>());

        // A path that is not absolute was given another dot and slash.
        static string Name(string path) => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
    }

    /// <summary>Leaves gaps only between results: one at the end, for instance, is one to what is not there.</summary>
    public static List<GrepHit> TrimGaps(IEnumerable<GrepHit> hits)
    {
        var kept = new List<GrepHit>();
        foreach (var hit in hits)
        {
            if (hit.Path.Length > 0 || (kept.Count > 0 && kept[^1].Path.Length > 0))
            {
                kept.Add(hit);
            }
        }

        return kept.Count > 0 && kept[^1].Path.Length == 0 ? kept[..^1] : kept;
    }

    private static IEnumerable<(string Path, string Text)> Separated(string output)
    {
        var start = "";
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var end = line.IndexOf(End, StringComparison.Ordinal);
            if (end >= 0)
            {
                yield return (start + line[..end], line[(end + 1)..]);
                start = "";
            }
            else if (line == "--")
            {
                yield return ("", line);
            }
            else if (Binary().Match(line) is { Success: true } binary)
            {
                yield return (start + line[..binary.Index], BinaryText);
                start = "";
            }
            else
            {
                // The end of a line within a name.
                start += line + '\n';
            }
        }
    }

    private static IEnumerable<(string Path, string Text)> Alone(string output, GrepMode mode)
    {
        string? open = null;
        var path = "";
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (open is null && !line.StartsWith(Start))
            {
                yield return (line == "--" ? "" : path, line);
                continue;
            }

            open = open is null ? line[1..] : $"{open}\n{line}";
            if (open.EndsWith(End))
            {
                (path, open) = (open[..^1], null);
                if (mode == GrepMode.FilesWithMatches)
                {
                    yield return (path, "");
                }
            }
        }
    }

    private static GrepHit? Hit(string path, string text, GrepMode mode)
    {
        if (mode == GrepMode.FilesWithMatches || path.Length == 0)
        {
            return new GrepHit(path);
        }

        if (mode == GrepMode.Content && text == BinaryText)
        {
            return new GrepHit(path, IsMatch: false);
        }

        var place = Place().Match(text);
        return mode == GrepMode.Count
            ? long.TryParse(text, CultureInfo.InvariantCulture, out var count) ? new GrepHit(path, count) : null
            : place.Success && long.TryParse(place.Groups["line"].ValueSpan, CultureInfo.InvariantCulture, out var number)
                ? new GrepHit(path, number, ToolText.Printable(text[place.Length..].TrimEnd('\r')), place.Groups["mark"].Value == ":")
                : null;
    }

    /// <summary>What ripgrep says in the middle of its results, behind a name without an end.</summary>
    [GeneratedRegex(@": (?:WARNING: stopped searching binary file after match|binary file matches) \(found .+ byte around offset \d+\)\z")]
    private static partial Regex Binary();

    [GeneratedRegex(@"\A(?<line>\d+)(?<mark>[:-])")]
    private static partial Regex Place();
}
