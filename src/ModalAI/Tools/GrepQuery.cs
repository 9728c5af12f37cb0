namespace ModalAI.Tools;

/// <summary>A search of the contents of files.</summary>
/// <param name="Pattern">What a line has to hold; a regular expression, unless it is literal.</param>
internal sealed record GrepQuery(string Pattern)
{
    /// <summary>File or directory to search; null or empty for the working directory.</summary>
    public string? Path { get; init; }

    /// <summary>Pattern of the names of files; null or empty for all.</summary>
    public string? Glob { get; init; }

    public GrepMode Mode { get; init; }

    public bool IgnoreCase { get; init; }

    /// <summary>Whether the pattern is text, in which no character means another.</summary>
    public bool IsLiteral { get; init; }

    /// <summary>Lines to show before a match; of no effect unless lines are shown.</summary>
    public int LinesBefore { get; init; }

    /// <summary>Lines to show after a match.</summary>
    public int LinesAfter { get; init; }

    /// <summary>Results to answer with at most.</summary>
    public int MaxResults { get; init; } = ToolLimits.GrepMatches;

    /// <summary>What is wrong with it; null where nothing is.</summary>
    public string? FindProblem() =>
        Pattern.Length == 0 ? "pattern is empty"
        : Pattern.AsSpan().ContainsAny('\n', '\r') ? "pattern has several lines, but it is matched with one line at a time. Search for one of them"
        : LinesBefore is < 0 or > ToolLimits.GrepContextLines || LinesAfter is < 0 or > ToolLimits.GrepContextLines
            ? $"context of {Math.Min(LinesBefore, LinesAfter)} to {Math.Max(LinesBefore, LinesAfter)} lines was asked for; 0 to {ToolLimits.GrepContextLines} can be"
        : MaxResults is < 1 or > ToolLimits.MaxGrepMatches ? $"{MaxResults} results were asked for; 1 to {ToolLimits.MaxGrepMatches} can be"
        : null;
}
