namespace ModalAI.Sandboxes;

/// <summary>Whether the streams of a command's output break off. Thread-safe.</summary>
internal sealed class OutputOutages
{
    private int _count;
    private int _waiting;

    /// <summary>How often one has broken off.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether one waits to be opened again.</summary>
    public bool IsBroken => Volatile.Read(ref _waiting) > 0;

    /// <summary>Notes that one has broken off, or that it is opened again.</summary>
    public void Note(bool isBroken)
    {
        if (isBroken)
        {
            Interlocked.Increment(ref _count);
        }

        Interlocked.Add(ref _waiting, isBroken ? 1 : -1);
    }
}
