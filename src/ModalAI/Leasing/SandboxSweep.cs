using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>
/// Ends sandboxes of this owner whose process has given no sign of life for so long that they have expired: what a crash, a lost reply or a network without Modal has left.
/// Sandboxes without the owner's tag, or without an expiry, are never touched.
/// </summary>
internal sealed class SandboxSweep(LeasingContext context)
{
    private const int ParallelEnds = 8;

    /// <returns>How many were ended.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var ended = 0;
        try
        {
            await Parallel.ForEachAsync(
                FindExpiredAsync(cancellationToken),
                new ParallelOptions { MaxDegreeOfParallelism = ParallelEnds, CancellationToken = cancellationToken },
                async (id, token) =>
                {
                    if (await EndAsync(id, token).ConfigureAwait(false))
                    {
                        Interlocked.Increment(ref ended);
                    }
                }).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            // There is no such app yet, so none of its sandboxes either.
        }

        Log.Swept(context.Logger, ended, context.Owner);
        return ended;
    }

    private async IAsyncEnumerable<string> FindExpiredAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filter = new ModalSandboxFilter
        {
            AppName = context.Options.AppName,
            Environment = context.Options.Environment,
            Tags = new Dictionary<string, string>(StringComparer.Ordinal) { [LeaseTags.Owner] = context.Owner },
        };
        await foreach (var sandbox in context.Client.Sandboxes.ListAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            if (HasExpired(sandbox.Tags) && !context.Held.Contains(sandbox.Id))
            {
                yield return sandbox.Id;
            }
        }
    }

    private bool HasExpired(IReadOnlyDictionary<string, string> tags) =>
        tags.GetValueOrDefault(LeaseTags.Owner) == context.Owner && LeaseTags.HasExpired(tags, context.Time.GetUtcNow());

    private async Task<bool> EndAsync(string id, CancellationToken cancellationToken)
    {
        var sandbox = context.Client.Sandboxes.Get(id, new() { Environment = context.Options.Environment });
        await using (sandbox.ConfigureAwait(false))
        {
            try
            {
                // Its holder may have come back to life since the list was made.
                if (!HasExpired(await sandbox.GetTagsAsync(cancellationToken).ConfigureAwait(false)))
                {
                    return false;
                }

                await sandbox.TerminateAsync(cancellationToken).ConfigureAwait(false);
                Log.SandboxSwept(context.Logger, id);
                return true;
            }
            catch (ModalException exception)
            {
                Log.SandboxNotTerminated(context.Logger, exception, id);
                return false;
            }
        }
    }
}
