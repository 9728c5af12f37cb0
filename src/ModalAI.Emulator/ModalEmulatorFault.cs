using ModalAI.Emulator.Server;

namespace ModalAI.Emulator;

/// <summary>A rule that is in force until it is disposed of. Thread-safe.</summary>
public sealed class ModalEmulatorFault : IDisposable
{
    private readonly FaultTable _table;
    private readonly Lock _gate = new();
    private long _calls;
    private int _hits;
    private TaskCompletionSource _hit = NewSignal();

    internal ModalEmulatorFault(string id, ModalEmulatorFaultRule rule, FaultTable table)
    {
        Id = id;
        Rule = rule;
        _table = table;
    }

    /// <summary>Its id at the control endpoint, such as <c>f1</c>.</summary>
    public string Id { get; }

    /// <summary>What it does.</summary>
    public ModalEmulatorFaultRule Rule { get; }

    /// <summary>How many calls it has struck. One that is to break counts once it has broken.</summary>
    public int Hits => Volatile.Read(ref _hits);

    /// <summary>Waits until it has struck so many calls.</summary>
    /// <param name="hits">The number of calls.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task WhenHitAsync(int hits = 1, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_hits >= hits)
                {
                    return;
                }

                next = _hit.Task;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the rule out of force; calls that it has struck already go their way.</summary>
    public void Dispose() => _table.Remove(this);

    /// <summary>Counts a call, and says whether it is one of those to strike.</summary>
    internal bool Meets(string rpc)
    {
        if (!Rule.Names(rpc))
        {
            return false;
        }

        lock (_gate)
        {
            _calls++;
            return !IsSpent && _calls > Rule.Skip && (_calls - Rule.Skip) % Rule.Every == 0;
        }
    }

    /// <summary>Strikes, unless that has been done often enough.</summary>
    internal bool TryHit()
    {
        TaskCompletionSource hit;
        lock (_gate)
        {
            if (IsSpent)
            {
                return false;
            }

            _hits++;
            hit = _hit;
            _hit = NewSignal();
        }

        hit.SetResult();
        return true;
    }

    private bool IsSpent => Rule.Times is { } times && _hits >= times;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
