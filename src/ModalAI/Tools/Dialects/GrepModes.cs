namespace ModalAI.Tools.Dialects;

/// <summary>What a model calls what a search answers with.</summary>
internal static class GrepModes
{
    public const string Files = "files_with_matches";
    public const string Content = "content";
    public const string Count = "count";

    public static GrepMode? Parse(string text) => text switch
    {
        Files => GrepMode.FilesWithMatches,
        Content => GrepMode.Content,
        Count => GrepMode.Count,
        _ => null,
    };

    /// <summary>What is wrong with another one.</summary>
    public static string Describe(string argument, string text) => $"{argument} is {ToolText.Quote(ToolText.Cut(text, 80))}; it can be {Files}, {Content} or {Count}";
}
