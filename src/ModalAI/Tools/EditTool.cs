using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>Replaces text in a file: one command reads it, another one writes it, unless it has changed between the two.</summary>
internal static class EditTool
{
    /// <summary>$1 file, $2 largest size. The content is sent as base64: whatever bytes it holds come back as they were.</summary>
    private const string ReadScript =
        """
        if [ ! -w "$f" ]; then
          echo denied
          exit
        fi
        size=$(stat -L -c %s "$f" 2>/dev/null || wc -c <"$f")
        if [ "$size" -gt "$2" ]; then
          echo "large $size"
          exit
        fi
        echo "content $(checksum <"$f")"
        base64 <"$f"
        """;

    public static async Task<string> RunAsync(ModalSandbox sandbox, string path, FileEdit edit, CancellationToken cancellationToken)
    {
        var read = await ToolScript.RunAsync(
            sandbox,
            ToolScript.ReadableFile + ReadScript,
            [path, ToolLimits.EditedFileBytes.ToString(CultureInfo.InvariantCulture)],
            ToolLimits.EditedFileBytes * 2,
            input: null,
            cancellationToken).ConfigureAwait(false);
        if (read.Status == "large")
        {
            return ToolText.Error(
                $"{ToolText.Quote(path)} has {read.Detail} bytes; edit takes {ToolLimits.EditedFileBytes}. Use bash with sed, awk or a script.");
        }

        if (read.Status != "content" || !read.Result.IsSuccess)
        {
            return (read.Status == "content" ? read with { Status = "" } : read).DescribeFailure(path, "edit");
        }

        if (Decode(read.Payload) is not { } content)
        {
            return ToolText.Error($"{ToolText.Quote(path)} could not be read completely; nothing was changed. Try again.");
        }

        var outcome = edit.Apply(content);
        if (outcome.Content is null)
        {
            return ToolText.Error($"{ToolText.Quote(path)} was not changed: {outcome.Message}");
        }

        var write = await FileWrite.RunAsync(sandbox, path, outcome.Content, read.Detail, cancellationToken).ConfigureAwait(false);
        return write.Status switch
        {
            "created" or "replaced" => $"edited {ToolText.Quote(path)}: {outcome.Message}",
            "changed" => ToolText.Error($"{ToolText.Quote(path)} was changed by something else meanwhile, so it was left alone. Read it again, then edit it."),
            _ => write.DescribeFailure(path, "edit"),
        };
    }

    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : null;
    }
}
