namespace ModalAI.Tools.Patches;

/// <summary>Applies a patch to the sandbox's files: to all that it names, or to none.</summary>
internal static class ApplyPatchTool
{
    /// <param name="context">Where.</param>
    /// <param name="patch">The patch.</param>
    /// <param name="tool">Name of the tool.</param>
    /// <param name="cancellationToken">Leaves the files as they are.</param>
    public static async Task<ToolReply> RunAsync(FileToolContext context, string patch, string tool, CancellationToken cancellationToken)
    {
        if (patch.Length > context.Limits.PatchBytes)
        {
            return ToolReply.Fail(
                ToolFailure.TooLarge, $"{tool} changed nothing: the patch has {patch.Length} characters; at most {context.Limits.PatchBytes} are taken. Send it in parts.");
        }

        if (!PatchParser.TryParse(patch, out var steps, out var problem))
        {
            return ToolReply.Fail(ToolFailure.InvalidArgument, $"{tool} changed nothing: {problem}. Correct the patch and send all of it again.");
        }

        var plan = new PatchPlan(steps, context);
        if (plan.FindProblem() is { } unusable)
        {
            return ToolReply.Fail(ToolFailure.InvalidArgument, $"{tool} changed nothing: {unusable}.");
        }

        var transaction = await FileTransaction.OpenAsync(context, plan.Requests, cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        if ((transaction.FindProblem(tool) ?? Apply(context, plan, transaction.Files, tool, cancellationToken)) is { } failure)
        {
            await transaction.AbandonAsync().ConfigureAwait(false);
            return failure;
        }

        return await transaction.CommitAsync(tool, plan.Changes).ConfigureAwait(false) ?? new ToolReply(plan.Describe());
    }

    /// <summary>Works out the changes, within the time that a call has: there are patches that take hours.</summary>
    private static ToolReply? Apply(FileToolContext context, PatchPlan plan, IReadOnlyList<FileState> files, string tool, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(context.Limits.WorkTimeout, context.Sandbox.Client.TimeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return plan.Apply(files, tool, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ToolReply.Fail(
                ToolFailure.TimedOut,
                $"{tool} changed nothing: where its changes belong was not found within {context.Limits.WorkTimeout.TotalSeconds:0} s. Send it in parts.");
        }
    }
}
