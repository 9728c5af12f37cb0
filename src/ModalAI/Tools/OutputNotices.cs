namespace ModalAI.Tools;

/// <summary>What the status says of an output that could not be shown as a whole, and of the ways to a job.</summary>
internal static class OutputNotices
{
    public static IEnumerable<string> Describe(CommandAnswer answer, CommandSettings settings, ToolWords words)
    {
        if (!answer.IsTruncated)
        {
            yield break;
        }

        if (answer.Output is { IsTruncated: true } output)
        {
            yield return Describe(answer.Error is null ? "" : "of stdout ", output);
        }

        if (answer.Error is { IsTruncated: true } error)
        {
            yield return Describe("of stderr ", error);
        }

        if (!settings.IsSandboxKept)
        {
            yield return "to see them, have the command filter its own output, as with grep, head or tail";
            yield break;
        }

        (string Name, OutputView? View, string? Path)[] streams =
            [(answer.Error is null ? "the output" : "stdout", answer.Output, answer.LogPath), ("stderr", answer.Error, answer.ErrorLogPath)];
        var cut = streams.Where(static stream => stream.View is { IsTruncated: true }).ToList();
        string[] saved = [.. cut.Where(static stream => stream.Path is not null).Select(static stream => $"{What(stream.Name, stream.View!)} in {stream.Path}")];
        if (saved.Length > 0)
        {
            var files = saved.Length == 1 ? "that file" : "those files";
            yield return $"{string.Join(" and ", saved)}: {(words.ReadFile is { } read ? $"use {read} on {files}" : $"read {files}")}, do not run the command again for it";
        }

        foreach (var (name, _, _) in cut.Where(static stream => stream.Path is null))
        {
            yield return $"{(answer.Error is null ? "it" : name)} could not be saved to a file in the sandbox";
        }
    }

    /// <summary>What can be done with a job.</summary>
    public static string OfJob(ToolWords words) => (words.ReadJob, words.KillJob) switch
    {
        ({ } read, { } kill) => $"; use {read} to follow it and {kill} to end it",
        ({ } read, null) => $"; use {read} to follow it",
        (null, { } kill) => $"; use {kill} to end it",
        _ => "",
    };

    private static string Describe(string which, OutputView view)
    {
        var cut = view.CutLines == 0 ? "" : $"{ToolText.Count(view.CutLines, "line", "lines")} cut";
        var omitted = view.FirstOmitted == 0 ? "" : $"lines {view.FirstOmitted} to {view.LastOmitted} of {view.Lines} left out";
        return $"{which}{omitted}{(cut.Length > 0 && omitted.Length > 0 ? " and " : "")}{cut} ({ToolText.Count(view.TotalBytes, "byte", "bytes")} in all)";
    }

    private static string What(string name, OutputView view) =>
        view.TotalBytes > OutputLog.MaxBytes ? $"the last {OutputLog.MaxBytes} bytes of {name} are" : $"all of {name} is";
}
