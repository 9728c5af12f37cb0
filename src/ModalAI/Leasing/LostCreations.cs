using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Finds sandboxes again whose create reply was lost for good: by a tag of which no other creation has the value.</summary>
internal sealed class LostCreations(LeasingContext context)
{
    private static readonly TimeSpan SearchTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A request that is still under way when the search comes may be carried out later.</summary>
    private static readonly TimeSpan[] LaterSearches = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(15)];

    /// <summary>The sandbox; null where there is none so far, or where Modal can't be asked.</summary>
    public async Task<ModalSandbox?> TryFindAsync(ModalSandboxCreateOptions options)
    {
        using var limit = new CancellationTokenSource(SearchTimeout, context.Time);
        var filter = new ModalSandboxFilter
        {
            AppName = options.AppName,
            Environment = options.Environment,
            Tags = new Dictionary<string, string>(StringComparer.Ordinal) { [LeaseTags.Create] = options.Tags[LeaseTags.Create] },
        };
        try
        {
            await foreach (var sandbox in context.Client.Sandboxes.ListAsync(filter, limit.Token).ConfigureAwait(false))
            {
                Log.LostSandboxFound(context.Logger, sandbox.Id);
                return context.Client.Sandboxes.Get(sandbox.Id, new() { Name = options.Name, Environment = options.Environment, CommandTimeout = options.CommandTimeout });
            }
        }
        catch (Exception exception) when (exception is ModalException or OperationCanceledException)
        {
            // What stays undone here a sweep does, once the tags have expired.
            Log.LostSandboxSearchFailed(context.Logger, exception);
        }

        return null;
    }

    /// <summary>Ends the sandbox when it comes into being after all. One of a name that is ready for use may have been found by its name meanwhile: it is left.</summary>
    public void EndLater(ModalSandboxCreateOptions options)
    {
        if (options.Name is null || !options.Tags.ContainsKey(LeaseTags.Ready))
        {
            context.Client.Background.Add(EndLaterAsync(options));
        }
    }

    private async Task EndLaterAsync(ModalSandboxCreateOptions options)
    {
        foreach (var pause in LaterSearches)
        {
            // What stops does not wait, but looks once more.
            await Task.Delay(pause, context.Time, context.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var isLast = context.Stopping.IsCancellationRequested;
            if (await TryFindAsync(options).ConfigureAwait(false) is { } sandbox)
            {
                await SandboxEnding.TryTerminateAsync(context, sandbox).ConfigureAwait(false);
                await sandbox.DisposeAsync().ConfigureAwait(false);
                return;
            }

            if (isLast)
            {
                return;
            }
        }
    }
}
