namespace ModalAI.Tools;

/// <summary>How a command or a job stands, for code, and what a model is told of it.</summary>
/// <param name="Status">One line from us, which nothing that is printed can pass for.</param>
internal sealed record CommandAnswer(string Status)
{
    /// <summary>What is shown of the output; of standard output where they are separate.</summary>
    public OutputView? Output { get; init; }

    /// <summary>What is shown of standard error, where it is separate.</summary>
    public OutputView? Error { get; init; }

    /// <summary>The exit code; null while it runs, and where nothing was run.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether its time limit ended it.</summary>
    public bool TimedOut { get; init; }

    /// <summary>How long it took, or was waited for.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The job, where it is one.</summary>
    public string? JobId { get; init; }

    /// <summary>Where the output of the job goes on, in bytes.</summary>
    public long NextOffset { get; init; }

    /// <summary>Whether the job still runs.</summary>
    public bool IsRunning { get; init; }

    /// <summary>The file in the sandbox with the whole output; null where there is none.</summary>
    public string? LogPath { get; init; }

    /// <summary>Whether something that was printed can't be seen.</summary>
    public bool IsTruncated => Output is { IsTruncated: true } || Error is { IsTruncated: true };

    /// <summary>What a model is told: the status, then what was printed.</summary>
    public string Text => (Output, Error) switch
    {
        (null, _) => Status,
        (_, null) => $"{Status}\n{Show(Output)}",
        _ => $"{Status}\n{OutputMarks.Join(Show(Output), Show(Error))}",
    };

    /// <summary>The answer as that of any tool.</summary>
    public ToolReply ToReply() => new(Text);

    /// <summary>An error that a model can act on.</summary>
    public static CommandAnswer Fail(string text) => new(ToolText.Error(text));

    private static string Show(OutputView view) =>
        view.Text.Length > 0 ? view.Text : view.TotalBytes == 0 ? "(no output)" : "(nothing that can be seen)";
}
