namespace ModalAI.Emulator.Server;

/// <summary>The latest entries by their keys. Those that are still alive are kept whatever the limit; the oldest of the others go first. Not thread-safe.</summary>
internal sealed class BoundedLog<TEntry>(int maxEnded)
{
    private readonly Dictionary<string, LinkedListNode<(string Key, TEntry Entry)>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, TEntry Entry)> _order = [];
    private readonly HashSet<string> _live = new(StringComparer.Ordinal);
    private readonly Queue<string> _ended = new();

    public int Live => _live.Count;

    /// <summary>All entries, oldest first.</summary>
    public IEnumerable<TEntry> All => _order.Select(static item => item.Entry);

    public void Start(string key, TEntry entry)
    {
        if (!_byKey.TryAdd(key, _order.AddLast((key, entry))))
        {
            // A key is used once; one that comes again is a caller's mistake that must not end the emulator.
            _order.RemoveLast();
            return;
        }

        _live.Add(key);
    }

    public void End(string key, Func<TEntry, TEntry> change)
    {
        if (!_live.Remove(key))
        {
            return;
        }

        var node = _byKey[key];
        node.Value = (key, change(node.Value.Entry));
        _ended.Enqueue(key);
        if (_ended.Count > maxEnded)
        {
            _byKey.Remove(_ended.Dequeue(), out var oldest);
            _order.Remove(oldest!);
        }
    }
}
