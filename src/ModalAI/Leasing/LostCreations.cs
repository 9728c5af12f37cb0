using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Finds sandboxes again whose create reply was lost for good: by a tag of which no other creation has the value.</summary>
internal sealed class LostCreations(LeasingContext context)
{
    private static readonly TimeSpan SearchTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A request that is still under way when the search comes may be carried out later.</summary>
    private static readonly TimeSpan[] LaterSearches = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(15)];

    /// <summary>Whether a sandbox may have come into being all the same.</summary>
    public static bool MayExist(ModalException exception) => exception.Code switch
    {
        ModalErrorCode.Unavailable => exception.InnerException is not Grpc.Core.RpcException { Status.DebugException: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } },
        ModalErrorCode.Timeout or ModalErrorCode.Internal or ModalErrorCode.Unknown or ModalErrorCode.DataLoss => true,
        _ => false,
    };

    /// <summary>The sandbox, to be used; null where there is none so far. One that comes into being later is ended.</summary>
    public async Task<ModalSandbox?> FindOrEndLaterAsync(ModalSandboxCreateOptions options)
    {
        try
        {
            if (await FindAsync(options).ConfigureAwait(false) is { } sandbox)
            {
                Log.LostSandboxFound(context.Logger, sandbox.Id);
                return sandbox;
            }
        }
        catch (Exception exception) when (exception is ModalException or OperationCanceledException)
        {
            Log.LostSandboxSearchFailed(context.Logger, exception);
        }

        context.Client.Background.Add(EndLaterAsync(options));
        return null;
    }

    private async Task EndLaterAsync(ModalSandboxCreateOptions options)
    {
        foreach (var pause in LaterSearches)
        {
            // What stops does not wait, but looks once more.
            await Task.Delay(pause, context.Time, context.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (await FindAsync(options).ConfigureAwait(false) is { } sandbox)
                {
                    await sandbox.TerminateAsync(CancellationToken.None).ConfigureAwait(false);
                    await sandbox.DisposeAsync().ConfigureAwait(false);
                    return;
                }
            }
            catch (Exception exception) when (exception is ModalException or OperationCanceledException or ObjectDisposedException)
            {
                // What stays undone here a sweep does, once the tags have expired.
                Log.LostSandboxSearchFailed(context.Logger, exception);
            }
        }
    }

    private async Task<ModalSandbox?> FindAsync(ModalSandboxCreateOptions options)
    {
        using var limit = new CancellationTokenSource(SearchTimeout, context.Time);
        var filter = new ModalSandboxFilter
        {
            AppName = options.AppName,
            Environment = options.Environment,
            Tags = new Dictionary<string, string>(StringComparer.Ordinal) { [LeaseTags.Create] = options.Tags[LeaseTags.Create] },
        };
        await foreach (var sandbox in context.Client.Sandboxes.ListAsync(filter, limit.Token).ConfigureAwait(false))
        {
            return context.Client.Sandboxes.Get(sandbox.Id, new() { Name = options.Name, Environment = options.Environment, CommandTimeout = options.CommandTimeout });
        }

        return null;
    }
}
