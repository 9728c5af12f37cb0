using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>The reused sandboxes of a registration, by key. There are as many as may live at once, and those that somebody is waiting for.</summary>
internal sealed class SharedSlots(LeasingContext context, SandboxMaker maker, ISnapshotStore store)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SharedSlot> _slots = new(StringComparer.Ordinal);
    private int _isTrimming;

    /// <summary>The slot of a key, or the one of all for null, for a caller that will release it.</summary>
    public SharedSlot Enter(string? key)
    {
        var name = NameOf(key);
        lock (_gate)
        {
            if (!_slots.TryGetValue(name, out var slot))
            {
                slot = new SharedSlot(context, maker, store, name, isOfKey: key is not null);
                _slots.Add(name, slot);
            }

            slot.Enter();
            return slot;
        }
    }

    public ModalSandboxLifecycle GetStatus(string? key)
    {
        if (key is null && context.Options.Name is null)
        {
            return ModalSandboxLifecycle.Pending;
        }

        lock (_gate)
        {
            return _slots.TryGetValue(NameOf(key), out var slot) ? slot.Status : ModalSandboxLifecycle.Pending;
        }
    }

    /// <summary>Finds out in the background which sandboxes that nobody holds have ended, since somebody waits for their places.</summary>
    public void TrimSoon()
    {
        if (Interlocked.Exchange(ref _isTrimming, 1) == 0)
        {
            context.Client.Background.Add(Task.Run(TrimQuietlyAsync));
        }
    }

    /// <summary>Gives back the places of sandboxes that nobody holds and that have ended.</summary>
    public async Task TrimAsync()
    {
        try
        {
            foreach (var slot in All())
            {
                if (!slot.IsIdle)
                {
                    continue;
                }

                try
                {
                    await slot.TrimAsync().ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // Modal can't be asked now; the place stays taken, and the others are looked at.
                    Log.HousekeepingFailed(context.Logger, exception);
                }
            }

            lock (_gate)
            {
                foreach (var (name, slot) in _slots.Where(static entry => entry.Value.IsSpare).ToList())
                {
                    // What was stopped is found in the store again.
                    _slots.Remove(name);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isTrimming, 0);
        }
    }

    private async Task TrimQuietlyAsync() => await TrimAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Lets go of all sandboxes, which live on.</summary>
    public Task LeaveAllAsync() => Task.WhenAll(All().Select(static slot => slot.LeaveAsync()));

    private string NameOf(string? key) => key is null ? context.Options.Name! : LeaseTags.NameOf(context.Options.Name!, key);

    private SharedSlot[] All()
    {
        lock (_gate)
        {
            return [.. _slots.Values];
        }
    }
}
