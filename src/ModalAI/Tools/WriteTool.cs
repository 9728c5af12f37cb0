namespace ModalAI.Tools;

/// <summary>Writes a file.</summary>
internal static class WriteTool
{
    public static async Task<string> RunAsync(ModalSandbox sandbox, string path, byte[] content, CancellationToken cancellationToken)
    {
        var answer = await FileWrite.RunAsync(sandbox, path, content, checksum: null, cancellationToken).ConfigureAwait(false);
        return answer.Status is "created" or "replaced"
            ? $"{answer.Status} {ToolText.Quote(path)} ({ToolText.Count(CountLines(content), "line", "lines")}, {ToolText.Count(content.Length, "byte", "bytes")})"
            : answer.DescribeFailure(path, "write");
    }

    /// <summary>Lines, of which the last may lack its end.</summary>
    private static int CountLines(ReadOnlySpan<byte> content) =>
        content.Count((byte)'\n') + (content.IsEmpty || content[^1] == (byte)'\n' ? 0 : 1);
}
