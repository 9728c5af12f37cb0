namespace ModalAI.Tools;

/// <summary>Replaces texts or lines in a file, all that are asked for or none.</summary>
internal static class EditTool
{
    /// <summary>Replaces texts, one after the other: each one meets what those before it have made.</summary>
    public static Task<ToolReply> RunAsync(FileToolContext context, string path, IReadOnlyList<FileEdit> edits, CancellationToken cancellationToken) =>
        RunAsync(context, path, content => FileEdits.Apply(content, edits, context.Words, context.Limits.WrittenBytes, cancellationToken), cancellationToken);

    /// <summary>Replaces lines; the numbers are those that the file has before.</summary>
    public static Task<ToolReply> RunAsync(FileToolContext context, string path, IReadOnlyList<LineEdit> edits, CancellationToken cancellationToken) =>
        RunAsync(context, path, content => LineEdits.Apply(content, edits, context.Limits.WrittenBytes), cancellationToken);

    private static async Task<ToolReply> RunAsync(FileToolContext context, string path, Func<byte[], EditOutcome> edit, CancellationToken cancellationToken)
    {
        var transaction = await FileTransaction.OpenAsync(context, [new FileRequest(path, FileNeed.Content)], cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var problem = transaction.FindProblem(context.Tool);
        var outcome = problem is null ? edit(transaction.Files[0].Content) : null;
        if (outcome?.Content is null)
        {
            await transaction.AbandonAsync().ConfigureAwait(false);
            return problem ?? ToolReply.Fail(outcome!.Failure, $"{ToolText.Quote(path)} was not changed: {outcome.Message}");
        }

        return await transaction.CommitAsync(context.Tool, [new FileChange(0, outcome.Content)]).ConfigureAwait(false)
            ?? new ToolReply($"edited {ToolText.Quote(path)}: {outcome.Message}");
    }
}
