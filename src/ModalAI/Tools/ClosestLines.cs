using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>Finds the lines of a file that a text which is not in it may have been meant to be.</summary>
internal static partial class ClosestLines
{
    private const int MaxLineChars = 400;
    private const int MaxShownChars = 100;
    private const int MaxLines = 50_000;
    private const int MaxCandidates = 50;
    private const int MaxComparedLines = 30;
    private const double Near = 0.5;

    /// <summary>Shows up to three places that are like the text, and where the nearest one differs first.</summary>
    public static string Describe(string content, string text, ToolWords words)
    {
        var wanted = ToolText.Lines(text);
        if (wanted.All(static line => line.Length == 0 || LineNumber().IsMatch(line)) && wanted.Any(static line => line.Length > 0))
        {
            return $"{words.OldText} begins its lines with the line numbers that a read shows; they are not in the file. Leave them and the tabs after them out.";
        }

        var lines = ToolText.Lines(content);
        var closest = Find(lines, wanted);
        if (closest.Count == 0)
        {
            return $"None of its {ToolText.Count(lines.Length, "line", "lines")} is like it.{ToolWords.Use(words.ReadFile, "on it")}";
        }

        var places = closest.Select(place => Show(lines, wanted, place));
        return $"Closest: {string.Join("; ", places)}. Read those lines and give their exact text, white space too.";
    }

    /// <summary>Indexes of the lines that the nearest places begin with.</summary>
    private static List<int> Find(string[] lines, string[] wanted)
    {
        var skipped = Array.FindIndex(wanted, static line => !string.IsNullOrWhiteSpace(line));
        if (skipped < 0)
        {
            return [];
        }

        var first = wanted[skipped].Trim();
        return
        [
            .. lines
                .Take(MaxLines)
                .Select((line, index) => (Index: index - skipped, Likeness: Likeness(first, line.Trim())))
                .Where(static line => line.Index >= 0 && line.Likeness >= Near)
                .OrderByDescending(static line => line.Likeness)
                .Take(MaxCandidates)
                .Select(line => (line.Index, Likeness: Likeness(lines, wanted, line.Index)))
                .OrderByDescending(static place => place.Likeness)
                .ThenBy(static place => place.Index)
                .Take(3)
                .Select(static place => place.Index),
        ];
    }

    /// <summary>A place by the first of its lines that is not as the text has it.</summary>
    private static string Show(string[] lines, string[] wanted, int place)
    {
        var differs = 0;
        while (differs < wanted.Length - 1 && place + differs < lines.Length - 1 && lines[place + differs] == wanted[differs])
        {
            differs++;
        }

        var range = wanted.Length == 1 ? $"line {place + 1}" : $"lines {place + 1}-{Math.Min(place + wanted.Length, lines.Length)}";
        var which = wanted.Length == 1 ? "" : $", of which line {place + differs + 1} differs first:";
        return $"{range}{which} «{ToolText.Cut(lines[place + differs], MaxShownChars)}»";
    }

    private static double Likeness(string[] lines, string[] wanted, int place)
    {
        var count = Math.Min(wanted.Length, MaxComparedLines);
        var sum = 0.0;
        for (var i = 0; i < count && place + i < lines.Length; i++)
        {
            sum += Likeness(wanted[i].Trim(), lines[place + i].Trim());
        }

        return sum / count;
    }

    /// <summary>How alike two lines are, from 0 to 1, by the pairs of characters that they share.</summary>
    private static double Likeness(string wanted, string line)
    {
        if (wanted == line)
        {
            return 1;
        }

        // Where one is much longer, they can't share enough.
        var (shorter, longer) = (Math.Min(wanted.Length, line.Length), Math.Max(wanted.Length, line.Length));
        if (shorter < 2 || (longer < MaxLineChars && shorter * 4 < longer))
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

    [GeneratedRegex(@"\A *\d+\t")]
    private static partial Regex LineNumber();
}
