using System.Collections.Concurrent;

namespace ModalAI;

/// <summary>
/// Remembers what was looked up. Concurrent callers of one key share a single look-up, which none of them can cancel for the others; failures are
/// not remembered; beyond its bound the cache starts afresh.
/// </summary>
internal sealed class AsyncCache<TKey, TValue>
    where TKey : notnull
{
    private const int MaxEntries = 10_000;
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TValue>>> _entries = new();

    public async Task<TValue> GetAsync(TKey key, Func<TKey, Task<TValue>> create, CancellationToken cancellationToken)
    {
        if (_entries.Count >= MaxEntries)
        {
            _entries.Clear();
        }

        var entry = _entries.GetOrAdd(key, static (key, create) => new Lazy<Task<TValue>>(() => create(key)), create);
        var task = entry.Value;
        if (!task.IsCompletedSuccessfully)
        {
            // At once, before any waiter goes on: one that tries again must not meet the same failure.
            _ = task.ContinueWith(
                (failed, state) =>
                {
                    _ = failed.Exception;
                    _entries.TryRemove(KeyValuePair.Create(key, entry));
                },
                null,
                CancellationToken.None,
                TaskContinuationOptions.NotOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return await task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Set(TKey key, TValue value) => _entries[key] = new Lazy<Task<TValue>>(Task.FromResult(value));

    public void Clear() => _entries.Clear();
}
