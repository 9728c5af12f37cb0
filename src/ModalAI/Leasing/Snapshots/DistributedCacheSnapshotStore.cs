using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Diagnostics;
using ModalAI.Leasing;

namespace ModalAI;

/// <summary>
/// Remembers snapshots in a cache that processes share, such as Redis, under keys that begin with <c>modalai:snapshot:</c>. Entries go when their snapshot expires; a
/// cache that drops them earlier makes sandboxes start afresh. What the cache throws is passed on; an entry that can't be read counts as none, and is logged.
/// </summary>
public sealed class DistributedCacheSnapshotStore : ISnapshotStore
{
    private const string KeyPrefix = "modalai:snapshot:";

    private readonly IDistributedCache _cache;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <summary>Makes a store over a cache.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="timeProvider">The clock by which snapshots expire; null for the system's.</param>
    /// <param name="logger">Is told of entries that can't be read; null for nobody.</param>
    public DistributedCacheSnapshotStore(IDistributedCache cache, TimeProvider? timeProvider = null, ILogger<DistributedCacheSnapshotStore>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(cache);
        _cache = cache;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<DistributedCacheSnapshotStore>.Instance;
    }

    /// <inheritdoc/>
    public async Task<StoredSnapshot?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var entry = await _cache.GetAsync(KeyOf(key), cancellationToken).ConfigureAwait(false);
        return entry is not null && Parse(key, entry) is { } snapshot && !snapshot.HasExpired(_timeProvider) ? snapshot : null;
    }

    /// <inheritdoc/>
    public Task SetAsync(string key, StoredSnapshot snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);

        // Told as a time span: caches refuse a moment that has passed by their own clock.
        var life = snapshot.ExpiresAt - _timeProvider.GetUtcNow();
        return life <= TimeSpan.Zero
            ? RemoveAsync(key, cancellationToken)
            : _cache.SetAsync(
                KeyOf(key),
                JsonSerializer.SerializeToUtf8Bytes(snapshot, SnapshotJson.Default.StoredSnapshot),
                new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = life },
                cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken cancellationToken = default) => _cache.RemoveAsync(KeyOf(key), cancellationToken);

    private static string KeyOf(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return KeyPrefix + key;
    }

    private StoredSnapshot? Parse(string key, byte[] entry)
    {
        try
        {
            if (JsonSerializer.Deserialize(entry, SnapshotJson.Default.StoredSnapshot) is { } snapshot)
            {
                return snapshot;
            }
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // Logged below, without the exception: its text may hold a part of the entry.
        }

        Log.SnapshotUnreadable(_logger, KeyPrefix + key);
        return null;
    }
}
