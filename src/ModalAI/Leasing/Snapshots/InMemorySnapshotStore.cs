using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Diagnostics;

namespace ModalAI;

/// <summary>Remembers snapshots for as long as the process lives. Beyond its bound the ones that were set the longest time ago are forgotten, which is logged.</summary>
public sealed class InMemorySnapshotStore : ISnapshotStore
{
    private const int DefaultMaxSnapshots = 10_000;

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, StoredSnapshot> _snapshots = new(StringComparer.Ordinal);
    private readonly int _maxSnapshots;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <summary>Makes an empty store.</summary>
    /// <param name="maxSnapshots">How many snapshots are kept at most.</param>
    /// <param name="timeProvider">The clock by which snapshots expire; null for the system's.</param>
    /// <param name="logger">Is told what is forgotten; null for nobody.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxSnapshots"/> is less than 1.</exception>
    public InMemorySnapshotStore(int maxSnapshots = DefaultMaxSnapshots, TimeProvider? timeProvider = null, ILogger<InMemorySnapshotStore>? logger = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSnapshots, 1);
        _maxSnapshots = maxSnapshots;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<InMemorySnapshotStore>.Instance;
    }

    /// <inheritdoc/>
    public Task<StoredSnapshot?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return Task.FromResult(_snapshots.TryGetValue(key, out var snapshot) && !snapshot.HasExpired(_timeProvider) ? snapshot : null);
        }
    }

    /// <inheritdoc/>
    public Task SetAsync(string key, StoredSnapshot snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(snapshot);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            _snapshots.Remove(key);
            if (snapshot.HasExpired(_timeProvider))
            {
                return Task.CompletedTask;
            }

            if (_snapshots.Count == _maxSnapshots)
            {
                MakeRoom();
            }

            _snapshots.Add(key, snapshot);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            _snapshots.Remove(key);
        }

        return Task.CompletedTask;
    }

    private void MakeRoom()
    {
        foreach (var key in _snapshots.Where(entry => entry.Value.HasExpired(_timeProvider)).Select(static entry => entry.Key).ToList())
        {
            _snapshots.Remove(key);
        }

        if (_snapshots.Count == _maxSnapshots)
        {
            Log.SnapshotForgotten(_logger, _snapshots.GetAt(0).Value.ImageId, _maxSnapshots);
            _snapshots.RemoveAt(0);
        }
    }
}
