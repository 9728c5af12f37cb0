using System.Globalization;

namespace ModalAI.Tools;

/// <summary>Brings an image or another medium over: what it is and how large is known before more than its first bytes are.</summary>
internal static class MediaTool
{
    /// <summary>$1 file, $2 bytes from its start that tell what it is. Sends the rest when it is asked for.</summary>
    private const string Script =
        """
        size=$(size)
        head=$2
        [ "$size" -ge "$head" ] || head=$size
        echo "medium $size $head"
        head -c "$head" <"$f"
        read -r go || exit 0
        [ "$go" != all ] || head -c "$size" <"$f"
        """;

    /// <param name="context">Where.</param>
    /// <param name="path">The file.</param>
    /// <param name="tool">Name of the tool.</param>
    /// <param name="imagesOnly">Whether only images are taken.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<ToolReply> RunAsync(FileToolContext context, string path, string tool, bool imagesOnly, CancellationToken cancellationToken)
    {
        var conversation = await ToolConversation.StartAsync(
            context, ToolScript.ReadableFile + Script, [path, MediaTypes.HeadBytes.ToString(CultureInfo.InvariantCulture)], cancellationToken).ConfigureAwait(false);
        await using var _ = conversation.ConfigureAwait(false);
        var line = await conversation.ReadLineAsync().ConfigureAwait(false) ?? "";
        if (line.Split(' ') is not ["medium", var sizeText, var headText]
            || !long.TryParse(sizeText, CultureInfo.InvariantCulture, out var size)
            || !int.TryParse(headText, CultureInfo.InvariantCulture, out var headLength)
            || headLength is < 0 or > MediaTypes.HeadBytes
            || size < headLength)
        {
            return await conversation.DescribeFailureAsync(line, path, tool, context.Words).ConfigureAwait(false);
        }

        var head = new byte[headLength];
        await conversation.ReadAsync(head).ConfigureAwait(false);
        var type = MediaTypes.Detect(head);
        if (Refuse(context, path, type, size, tool, imagesOnly) is { } refusal)
        {
            await conversation.FinishAsync().ConfigureAwait(false);
            return refusal;
        }

        await conversation.WriteAsync("all\n"u8.ToArray()).ConfigureAwait(false);
        var bytes = new byte[size];
        var length = await conversation.ReadAsync(bytes).ConfigureAwait(false);
        await conversation.FinishAsync().ConfigureAwait(false);
        return length < size || !bytes.AsSpan().StartsWith(head)
            ? ToolReply.Fail(ToolFailure.Changed, $"{ToolText.Quote(path)} changed while it was read. Use {tool} again when it is complete.")
            : new MediaReply($"{ToolText.Quote(path)}: {type}, {size} bytes", type!, bytes, ArtifactName.From(path));
    }

    private static ToolReply? Refuse(FileToolContext context, string path, string? type, long size, string tool, bool imagesOnly)
    {
        var name = ToolText.Quote(path);
        var (words, limit) = (context.Words, context.Limits.MediaBytes);
        return size == 0 ? ToolReply.Fail(ToolFailure.NoMatch, $"{name} is empty.")
            : type is null ? ToolReply.Fail(ToolFailure.InvalidArgument, $"{name} is no medium that is known by its first bytes ({size} bytes).{ToolWords.Use(words.Read, "for text")}")
            : imagesOnly && !IsImage(type)
                ? ToolReply.Fail(
                    ToolFailure.InvalidArgument, $"{name} is {type}; {tool} takes PNG, JPEG, GIF and WebP.{ToolWords.Use(words.Shell, "to convert it, or to look into it")}")
            : size > limit
                ? ToolReply.Fail(ToolFailure.TooLarge, $"{name} ({type}) has {size} bytes; {tool} takes {limit}.{ToolWords.Use(words.Shell, "to make it smaller, then try again")}")
            : null;
    }

    /// <summary>Whether it is one of the images that models take.</summary>
    private static bool IsImage(string type) => type is "image/png" or "image/jpeg" or "image/gif" or "image/webp";
}
