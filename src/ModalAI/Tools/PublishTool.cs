using System.Globalization;

namespace ModalAI.Tools;

/// <summary>Hands a file of the sandbox to the application, without holding it in memory.</summary>
internal static class PublishTool
{
    /// <summary>$1 file, $2 bytes from its start that tell what it is, $3 the largest size.</summary>
    private const string Script =
        """
        size=$(size)
        head=$2
        [ "$size" -ge "$head" ] || head=$size
        echo "artifact $size $head"
        [ "$size" -le "$3" ] || exit 0
        head -c "$size" <"$f"
        """;

    /// <summary>Bytes from a file's start that show whether it is text.</summary>
    private const int HeadBytes = 4096;

    /// <param name="context">Where.</param>
    /// <param name="sink">What takes it.</param>
    /// <param name="path">The file.</param>
    /// <param name="tool">Name of the tool.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<ToolReply> RunAsync(
        FileToolContext context, IModalArtifactSink sink, string path, string tool, CancellationToken cancellationToken)
    {
        var limit = context.Limits.PublishedBytes;
        var conversation = await ToolConversation.StartAsync(
            context with { Limits = context.Limits with { WorkTimeout = context.Limits.PublishTimeout } },
            ToolScript.ReadableFile + Script,
            [path, HeadBytes.ToString(CultureInfo.InvariantCulture), limit.ToString(CultureInfo.InvariantCulture)],
            cancellationToken).ConfigureAwait(false);
        await using var _ = conversation.ConfigureAwait(false);
        var line = await conversation.ReadLineAsync().ConfigureAwait(false) ?? "";
        if (line.Split(' ') is not ["artifact", var sizeText, var headText]
            || !long.TryParse(sizeText, CultureInfo.InvariantCulture, out var size)
            || !int.TryParse(headText, CultureInfo.InvariantCulture, out var headLength)
            || headLength is < 0 or > HeadBytes
            || size < headLength)
        {
            return await conversation.DescribeFailureAsync(line, path, tool, context.Words).ConfigureAwait(false);
        }

        if (size > limit)
        {
            await conversation.FinishAsync().ConfigureAwait(false);
            return ToolReply.Fail(
                ToolFailure.TooLarge, $"{ToolText.Quote(path)} has {size} bytes; {tool} takes {limit}. Pack it, or publish a part of it.");
        }

        var head = new byte[headLength];
        headLength = await conversation.ReadAsync(head).ConfigureAwait(false);
        var name = ArtifactName.From(path);
        var type = MediaTypes.Detect(head) ?? (head.AsSpan(0, headLength).Contains((byte)0) ? "application/octet-stream" : "text/plain");
        var content = new ArtifactStream(conversation, head.AsMemory(0, headLength), size);
        await using (content.ConfigureAwait(false))
        {
            using var limited = new CancellationTokenSource(context.Limits.PublishTimeout, context.Sandbox.Client.TimeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limited.Token, cancellationToken);
            try
            {
                await sink.PublishAsync(new ModalArtifact(name, type, size, content), either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (limited.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return ToolReply.Fail(
                    ToolFailure.TimedOut,
                    $"{ToolText.Quote(path)} was not taken within {context.Limits.PublishTimeout.TotalSeconds:0} s, so it may or may not have reached the user. Tell the user, and go on without it.");
            }
        }

        // One that was not read to its end is ended by leaving the conversation.
        if (content.IsComplete)
        {
            await conversation.FinishAsync().ConfigureAwait(false);
        }

        return new ToolReply($"published {ToolText.Quote(path)} as {ToolText.Quote(name)} ({type}, {ToolText.Count(size, "byte", "bytes")})");
    }
}
