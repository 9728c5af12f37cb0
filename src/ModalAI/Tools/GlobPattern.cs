using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>
/// A pattern of file names: <c>*</c> and <c>?</c> within a name, <c>**</c> for any number of directories, <c>{a,b}</c> for alternatives, <c>[a-z]</c> for one
/// character, and for itself, since names have brackets. All else stands for itself. Names that begin with a dot are matched as others are.
/// </summary>
internal sealed partial class GlobPattern
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FilterTimeout = TimeSpan.FromSeconds(5);

    private readonly List<string> _alternatives;
    private readonly Regex _regex;
    private readonly Lazy<Regex> _endRegex;

    private GlobPattern(string directory, List<string> alternatives)
    {
        Directory = directory;
        _alternatives = alternatives;

        var matches = $@"(?:{string.Join('|', alternatives.Select(ToRegex))})\z";
        _regex = Compile(@"\A", matches);
        _endRegex = new Lazy<Regex>(() => Compile($@"\A{(directory.StartsWith('/') ? "" : "(?:(?:.|\n)*/)?")}{Regex.Escape(Prefix)}", matches));

        // Without backtracking, so that no pattern takes more than its length times that of a name.
        static Regex Compile(string start, string matches) => new(start + matches, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MatchTimeout);
    }

    /// <summary>
    /// The directories that the pattern begins with, up to its first special character: the search can begin there. Empty for none, <c>/</c> for the root.
    /// </summary>
    public string Directory { get; }

    private string Prefix => (Directory.StartsWith('/') ? "/" : "") + (Simplify(Directory) is { Length: > 0 } parts ? $"{parts}/" : "");

    /// <summary>Reads a pattern.</summary>
    public static bool TryParse(string pattern, [NotNullWhen(true)] out GlobPattern? parsed, [NotNullWhen(false)] out string? problem)
    {
        parsed = null;
        problem = null;
        if (Expand(pattern) is not { } alternatives)
        {
            problem = $"its braces stand for more than {ToolLimits.PatternAlternatives} alternatives";
            return false;
        }

        if (alternatives.Count > 1 && alternatives.Sum(static alternative => Encoding.UTF8.GetByteCount(alternative)) is > ToolLimits.PatternAlternativesBytes and var bytes)
        {
            problem = $"its braces stand for {alternatives.Count} alternatives of {bytes} bytes in all; at most {ToolLimits.PatternAlternativesBytes} are taken";
            return false;
        }

        int[] specials = [pattern.AsSpan().IndexOfAny("*?{"), GlobClass.FindFirst(pattern)];
        var special = specials.Where(static place => place >= 0).DefaultIfEmpty(-1).Min();
        var slash = special < 0 ? pattern.LastIndexOf('/') : pattern.AsSpan(0, special).LastIndexOf('/');
        var directory = slash <= 0 ? pattern[..(slash + 1)] : pattern[..slash];
        parsed = new GlobPattern(directory, alternatives.ConvertAll(alternative => Simplify(alternative[(slash + 1)..])));
        return true;
    }

    /// <summary>Whether a path below <see cref="Directory"/> matches.</summary>
    public bool IsMatch(string path) => _regex.IsMatch(path);

    /// <summary>Whether a path ends as the pattern says, in directories of any depth.</summary>
    public bool IsEndOf(string path) => _endRegex.Value.IsMatch(path);

    /// <summary>The items that match; not all of them when a pattern takes too long.</summary>
    /// <param name="items">The items.</param>
    /// <param name="isMatch">Whether an item matches.</param>
    /// <param name="isComplete">Whether all items were looked at.</param>
    public static List<T> Filter<T>(IEnumerable<T> items, Func<T, bool> isMatch, out bool isComplete)
    {
        var started = Stopwatch.GetTimestamp();
        var matches = new List<T>();
        isComplete = false;
        try
        {
            foreach (var item in items)
            {
                if (Stopwatch.GetElapsedTime(started) > FilterTimeout)
                {
                    return matches;
                }

                if (isMatch(item))
                {
                    matches.Add(item);
                }
            }
        }
        catch (RegexMatchTimeoutException)
        {
            return matches;
        }

        isComplete = true;
        return matches;
    }

    /// <summary>Arguments by which <c>find</c> finds at least all that matches.</summary>
    public IReadOnlyList<string> FindNames() =>
        Any("-name", _alternatives.Select(static alternative => WithoutClasses(alternative[(alternative.LastIndexOf('/') + 1)..])).Select(GlobClass.QuoteAll));

    /// <summary>Arguments by which <c>find</c> finds at least all whose paths end as the pattern says: its * takes several directories too.</summary>
    /// <param name="isExact">Whether it finds no others.</param>
    public IReadOnlyList<string> FindPaths(out bool isExact)
    {
        var ends = _alternatives.ConvertAll(alternative => Prefix + alternative);
        while (Prefix.Length == 0 && ends.FindIndex(static end => end.StartsWith("**/", StringComparison.Ordinal)) is >= 0 and var index)
        {
            ends[index] = ends[index][3..];
        }

        isExact = ends.TrueForAll(static end => !end.Contains('/', StringComparison.Ordinal));
        return isExact
            ? Any("-name", ends.SelectMany(Both))
            : Any("-path", ends.Select(static end => (end.StartsWith('/') ? "" : "*/") + Stars().Replace(end, "*")).SelectMany(Both));

        // Brackets stand for one character, and for themselves.
        static string[] Both(string path) => GlobClass.FindFirst(path) < 0 ? [GlobClass.QuoteAll(path)] : [GlobClass.QuoteAll(path), GlobClass.Quote(path)];
    }

    private static List<string> Any(string test, IEnumerable<string> patterns)
    {
        var arguments = new List<string>();
        foreach (var pattern in patterns)
        {
            if (arguments.Count > 0)
            {
                arguments.Add("-o");
            }

            arguments.Add(test);
            arguments.Add(pattern);
        }

        return arguments;
    }

    /// <summary>The pattern with * in the place of brackets.</summary>
    private static string WithoutClasses(string pattern)
    {
        while (GlobClass.FindFirst(pattern) is >= 0 and var start)
        {
            pattern = $"{pattern[..start]}*{pattern[(GlobClass.FindEnd(pattern, start) + 1)..]}";
        }

        return pattern;
    }

    /// <summary>The pattern without what says nothing: empty parts and parts that are a dot.</summary>
    private static string Simplify(string pattern) =>
        string.Join('/', pattern.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));

    /// <summary>The patterns without braces that one with braces stands for; null where they are too many. A brace without its match stands for itself.</summary>
    private static List<string>? Expand(string pattern)
    {
        var expanded = new List<string>();
        var open = new Stack<string>([pattern]);
        while (open.TryPop(out var next))
        {
            if (expanded.Count + open.Count >= ToolLimits.PatternAlternatives)
            {
                return null;
            }

            if (SplitBraces(next) is not { } parts)
            {
                expanded.Add(next);
                continue;
            }

            for (var i = parts.Alternatives.Count - 1; i >= 0; i--)
            {
                open.Push(parts.Before + parts.Alternatives[i] + parts.After);
            }
        }

        return expanded;
    }

    /// <summary>Splits at the first outermost pair of braces.</summary>
    private static (string Before, List<string> Alternatives, string After)? SplitBraces(string pattern)
    {
        for (var start = pattern.IndexOf('{'); start >= 0; start = pattern.IndexOf('{', start + 1))
        {
            var alternatives = new List<string>();
            var (depth, from) = (0, start + 1);
            for (var i = start; i < pattern.Length; i++)
            {
                depth += pattern[i] switch { '{' => 1, '}' => -1, _ => 0 };
                if (depth == 0 || (depth == 1 && pattern[i] == ','))
                {
                    alternatives.Add(pattern[from..i]);
                    from = i + 1;
                }

                if (depth == 0)
                {
                    return (pattern[..start], alternatives, pattern[from..]);
                }
            }
        }

        return null;
    }

    /// <summary>Any number of directories, as far as <c>find</c> can say it.</summary>
    [GeneratedRegex(@"(?<![^/])\*\*/|\*\*+")]
    private static partial Regex Stars();

    private static string ToRegex(string pattern)
    {
        var regex = new StringBuilder();
        var parts = pattern.Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            var isLast = i == parts.Length - 1;
            if (parts[i] == "**")
            {
                regex.Append(isLast ? "(?:.|\n)+" : "(?:[^/]+/)*");
                continue;
            }

            var part = parts[i];
            for (var j = 0; j < part.Length; j++)
            {
                var end = part[j] == '[' ? GlobClass.FindEnd(part, j) : -1;
                _ = part[j] switch
                {
                    '*' => regex.Append("[^/]*"),
                    '?' => regex.Append("[^/]"),
                    _ when end >= 0 => regex.Append(GlobClass.ToRegex(part[j..(end + 1)])),
                    var character => regex.Append(Regex.Escape(character.ToString())),
                };
                j = Math.Max(j, end);
            }

            regex.Append(isLast ? "" : "/");
        }

        return regex.ToString();
    }
}
