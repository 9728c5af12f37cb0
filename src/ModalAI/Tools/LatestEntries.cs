namespace ModalAI.Tools;

/// <summary>Remembers what was set latest, for a bounded number of keys: the ones that were set longest ago go first. Thread-safe.</summary>
/// <param name="most">How many keys are remembered.</param>
internal sealed class LatestEntries<TKey, TValue>(int most)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _entries = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _order = [];

    public void Set(TKey key, TValue value)
    {
        lock (_gate)
        {
            Remove(key);
            _entries.Add(key, _order.AddLast((key, value)));
            if (_entries.Count > most)
            {
                Remove(_order.First!.Value.Key);
            }
        }
    }

    /// <summary>What was set last; the default where nothing is remembered.</summary>
    public TValue? Find(TKey key)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(key, out var entry) ? entry.Value.Value : default;
        }
    }

    private void Remove(TKey key)
    {
        if (_entries.Remove(key, out var entry))
        {
            _order.Remove(entry);
        }
    }
}
