namespace ModalAI.Tools;

/// <summary>Writes whole files.</summary>
internal static class WriteTool
{
    /// <summary>Makes a file, or replaces what is in it; makes missing directories.</summary>
    /// <param name="context">Where.</param>
    /// <param name="path">The file.</param>
    /// <param name="content">All that it is to hold.</param>
    /// <param name="cancellationToken">Leaves the file as it is.</param>
    /// <param name="mayReplace">Whether the file may be there already.</param>
    public static async Task<ToolReply> RunAsync(
        FileToolContext context, string path, byte[] content, CancellationToken cancellationToken, bool mayReplace = true)
    {
        if (content.Length > context.Limits.WrittenBytes)
        {
            return ToolReply.Fail(
                ToolFailure.TooLarge,
                $"{context.Tool} was not run: content has {content.Length} bytes; at most {context.Limits.WrittenBytes} are taken.{ToolWords.Use(context.Words.Shell, "to write it in parts")}");
        }

        var transaction = await FileTransaction.OpenAsync(context, [new FileRequest(path, FileNeed.State)], cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var file = transaction.Files[0];
        if ((Refusal(context, file, mayReplace) ?? transaction.FindProblem(context.Tool)) is { } problem)
        {
            await transaction.AbandonAsync().ConfigureAwait(false);
            return problem;
        }

        var (written, kept) = Keep(file, content);
        return await transaction.CommitAsync(context.Tool, [new FileChange(0, written)]).ConfigureAwait(false)
            ?? new ToolReply(
                $"{(file.Exists ? "replaced" : "created")} {ToolText.Quote(path)} "
                + $"({ToolText.Count(CountLines(written), "line", "lines")}, {ToolText.Count(written.Length, "byte", "bytes")}){kept}");
    }

    /// <summary>Lets new text have the ends of lines and the byte order mark that the old one had: a model that has read the file has not seen them.</summary>
    private static (byte[] Content, string Note) Keep(FileState file, byte[] content)
    {
        var notes = new List<string>();
        if (file.HasCrLf && content.AsSpan().IndexOf("\r\n"u8) < 0 && content.AsSpan().Contains((byte)'\n'))
        {
            content = LineEnds.ToCrLf(content);
            notes.Add("CRLF line ends");
        }

        if (file.HasMark && content.Length > 0 && !content.AsSpan().StartsWith(LineEnds.ByteOrderMark))
        {
            content = [.. LineEnds.ByteOrderMark, .. content];
            notes.Add("byte order mark");
        }

        return (content, notes.Count == 0 ? "" : $"; kept its {string.Join(" and ", notes)}");
    }

    private static ToolReply? Refusal(FileToolContext context, FileState file, bool mayReplace) => mayReplace || !file.Exists
        ? null
        : ToolReply.Fail(
            ToolFailure.InvalidArgument,
            $"{ToolText.Quote(file.Path)} exists already and was left alone. {(context.Words.Edit is { } edit ? $"Use {edit} to change it, or another path" : "Use another path")}"
            + $"{(context.Words.Overwrite is { } overwrite ? $"; to replace it set {overwrite}" : "")}.");

    /// <summary>Lines, of which the last may lack its end.</summary>
    private static int CountLines(ReadOnlySpan<byte> content) =>
        content.Count((byte)'\n') + (content.IsEmpty || content[^1] == (byte)'\n' ? 0 : 1);
}
