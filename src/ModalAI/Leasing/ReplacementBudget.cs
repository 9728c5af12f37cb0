namespace ModalAI.Leasing;

/// <summary>How often the sandbox of a slot may be replaced because it has ended, so that one that ends at once is not paid for again and again.</summary>
internal sealed class ReplacementBudget(ModalSandboxOptions options, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly Queue<long> _spent = new();

    /// <summary>Whether nothing was spent within the hour.</summary>
    public bool IsUnused
    {
        get
        {
            lock (_spent)
            {
                return Count() == 0;
            }
        }
    }

    /// <exception cref="ModalException"><see cref="ModalErrorCode.ResourceExhausted"/>: all replacements are spent.</exception>
    public void ThrowIfSpent()
    {
        lock (_spent)
        {
            if (Count() >= options.MaxReplacementsPerHour)
            {
                throw new ModalException(
                    ModalErrorCode.ResourceExhausted,
                    $"The sandbox has been replaced {_spent.Count} times within an hour, has ended again, and is not replaced again so soon. Find out what ends it (its lifetime, its idle limit, memory), "
                    + $"or raise {nameof(options.MaxReplacementsPerHour)} of {nameof(ModalSandboxOptions)}.");
            }
        }
    }

    /// <summary>Counts a replacement that was made.</summary>
    public void Spend()
    {
        lock (_spent)
        {
            _spent.Enqueue(time.GetTimestamp());
        }
    }

    private int Count()
    {
        while (_spent.TryPeek(out var first) && time.GetElapsedTime(first) >= Window)
        {
            _spent.Dequeue();
        }

        return _spent.Count;
    }
}
