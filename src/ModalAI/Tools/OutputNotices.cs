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

        yield return answer.LogPath is { } path
            ? $"{What(answer)} in {path}: {(words.ReadFile is { } read ? $"use {read} on that file" : "read that file")}, do not run the command again for it"
            : settings.IsSandboxKept
                ? "it could not be saved to a file in the sandbox"
                : "to see them, have the command filter its own output, as with grep, head or tail";
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

    private static string What(CommandAnswer answer)
    {
        var view = answer.Output is { IsTruncated: true } output ? output : answer.Error!;
        var of = answer.Error is null ? "the output" : answer.Output == view ? "stdout" : "stderr";
        return view.TotalBytes > OutputLog.MaxBytes ? $"the last {OutputLog.MaxBytes} bytes of {of} are" : $"all of {of} is";
    }
}
