namespace ModalAI.Tools;

/// <summary>Finds the lines of a file that a text which is not in it may have been meant to be.</summary>
internal static class ClosestLines
{
    private const int MaxLineChars = 400;
    private const int MaxShownChars = 120;
    private const int MaxLines = 50_000;
    private const double Near = 0.5;

    /// <summary>Shows up to three lines that are like the first line of the text that says something.</summary>
    public static string Describe(string content, string text)
    {
        var lines = ToolText.Lines(content);
        var wanted = Array.Find(ToolText.Lines(text), line => !string.IsNullOrWhiteSpace(line))?.Trim();
        var closest = wanted is null
            ? []
            : lines
                .Take(MaxLines)
                .Select((line, index) => (Number: index + 1, Text: line, Likeness: Likeness(wanted, line.Trim())))
                .Where(line => line.Likeness >= Near)
                .OrderByDescending(line => line.Likeness)
                .Take(3)
                .ToList();
        if (closest.Count == 0)
        {
            return $"None of its {ToolText.Count(lines.Length, "line", "lines")} is like it; read it or search it with grep.";
        }

        var shown = closest.Select(line => $"line {line.Number} «{ToolText.Cut(line.Text, MaxShownChars)}»");
        return $"Closest: {string.Join("; ", shown)}. Read those lines and give their exact text, white space too.";
    }

    /// <summary>How alike two lines are, from 0 to 1, by the pairs of characters that they share.</summary>
    private static double Likeness(string wanted, string line)
    {
        if (wanted == line)
        {
            return 1;
        }

        if (wanted.Length < 2 || line.Length < 2)
        {
            return 0;
        }

        var pairs = new Dictionary<(char First, char Second), int>();
        foreach (var pair in Pairs(wanted))
        {
            pairs[pair] = pairs.GetValueOrDefault(pair) + 1;
        }

        var shared = 0;
        var total = Math.Min(wanted.Length, MaxLineChars) + Math.Min(line.Length, MaxLineChars) - 2;
        foreach (var pair in Pairs(line))
        {
            if (pairs.GetValueOrDefault(pair) is > 0 and var left)
            {
                pairs[pair] = left - 1;
                shared++;
            }
        }

        return 2.0 * shared / total;
    }

    private static IEnumerable<(char First, char Second)> Pairs(string line)
    {
        for (var i = 1; i < Math.Min(line.Length, MaxLineChars); i++)
        {
            yield return (line[i - 1], line[i]);
        }
    }
}
