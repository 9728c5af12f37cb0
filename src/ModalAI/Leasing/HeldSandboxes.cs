using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>The sandboxes that this process answers for: no sweep of its own ends them, and they show signs of life for as long as they are here.</summary>
internal sealed class HeldSandboxes
{
    private const int ParallelRenewals = 8;

    private readonly ConcurrentDictionary<string, HeldSandbox> _sandboxes = new(StringComparer.Ordinal);

    public int Count => _sandboxes.Count;

    public void Add(HeldSandbox held) => _sandboxes[held.Sandbox.Id] = held;

    public void Remove(string sandboxId) => _sandboxes.TryRemove(sandboxId, out _);

    public bool Contains(string sandboxId) => _sandboxes.ContainsKey(sandboxId);

    /// <summary>Renews the tags of those that have less than half of the lease's duration left.</summary>
    public Task RenewAsync(DateTimeOffset now, TimeSpan leaseDuration, ILogger logger, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            _sandboxes.Values.Where(held => held.Expires - now <= leaseDuration / 2),
            new ParallelOptions { MaxDegreeOfParallelism = ParallelRenewals, CancellationToken = cancellationToken },
            async (held, token) =>
            {
                var tags = new Dictionary<string, string>(held.Tags, StringComparer.Ordinal) { [LeaseTags.Expires] = LeaseTags.ExpiresAt(now + leaseDuration) };
                try
                {
                    await LeaseTags.SetAsync(held.Sandbox, tags, token).ConfigureAwait(false);
                    _sandboxes.TryUpdate(held.Sandbox.Id, held with { Tags = tags }, held);
                }
                catch (Exception exception) when (exception is ModalException or ObjectDisposedException)
                {
                    if (await HasEndedAsync(held.Sandbox, token).ConfigureAwait(false))
                    {
                        Remove(held.Sandbox.Id);
                    }
                    else
                    {
                        Log.LeaseNotRenewed(logger, exception, held.Sandbox.Id);
                    }
                }
            });

    private static async Task<bool> HasEndedAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        try
        {
            return await sandbox.PollAsync(cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        catch (ModalException exception)
        {
            // Where Modal can't be asked, the next round asks again.
            return exception.Code == ModalErrorCode.NotFound;
        }
    }
}
