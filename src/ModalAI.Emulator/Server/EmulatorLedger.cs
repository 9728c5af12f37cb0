using System.Collections.Concurrent;

namespace ModalAI.Emulator.Server;

/// <summary>What was called, what was created and what is left. For tests and benchmarks; the latest RPCs only, so that it stays bounded.</summary>
internal sealed class EmulatorLedger
{
    private const int MaxRpcs = 100_000;
    private const int MaxAcceptedFeatures = 1_000;

    private readonly Lock _gate = new();
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly Queue<RpcRecord> _rpcs = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _sandboxes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _processes = new(StringComparer.Ordinal);
    private readonly Queue<AcceptedFeature> _accepted = new();
    private int _runningRpcs;
    private TaskCompletionSource _nothingLeft = NewSignal();

    /// <summary>Keeps whole requests where the options ask for it; null else.</summary>
    internal ModalEmulatorRecorder? Recorder { get; init; }

    /// <summary>The latest RPCs in the order of their starts.</summary>
    public IReadOnlyList<RpcRecord> Rpcs
    {
        get
        {
            lock (_gate)
            {
                return [.. _rpcs];
            }
        }
    }

    /// <summary>How often each RPC was called, by its short name.</summary>
    public IReadOnlyDictionary<string, int> RpcCounts
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, int>(_counts, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>RPCs that have not ended.</summary>
    public int RunningRpcs => Volatile.Read(ref _runningRpcs);

    /// <summary>Ids of the sandboxes that have not ended.</summary>
    public ICollection<string> LiveSandboxes => _sandboxes.Keys;

    /// <summary>What runs or still holds an output open, as <c>sandbox id/exec id</c>.</summary>
    public ICollection<string> LiveProcesses => _processes.Keys;

    /// <summary>The latest requests for what the emulator cannot do, and accepted all the same.</summary>
    public IReadOnlyList<AcceptedFeature> AcceptedFeatures
    {
        get
        {
            lock (_gate)
            {
                return [.. _accepted];
            }
        }
    }

    /// <summary>Waits until no sandbox lives and no process runs.</summary>
    public async Task WhenNothingIsLeftAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_sandboxes.IsEmpty && _processes.IsEmpty)
                {
                    return;
                }

                changed = _nothingLeft.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal void Accepted(ModalEmulatorAcceptance feature, string what)
    {
        lock (_gate)
        {
            _accepted.Enqueue(new AcceptedFeature(feature, what));
            if (_accepted.Count > MaxAcceptedFeatures)
            {
                _accepted.Dequeue();
            }
        }
    }

    internal RpcRecord RpcStarted(string name)
    {
        Interlocked.Increment(ref _runningRpcs);
        lock (_gate)
        {
            var record = new RpcRecord(name, TimeProvider.System.GetElapsedTime(_start));
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
            _rpcs.Enqueue(record);
            if (_rpcs.Count > MaxRpcs)
            {
                _rpcs.Dequeue();
            }

            return record;
        }
    }

    internal void RpcEnded(RpcRecord record, RpcStatusCode status)
    {
        record.EndedAt = TimeProvider.System.GetElapsedTime(_start);
        record.Status = status;
        Interlocked.Decrement(ref _runningRpcs);
    }

    internal void SandboxStarted(string sandboxId) => _sandboxes[sandboxId] = sandboxId;

    internal void SandboxEnded(string sandboxId) => Remove(_sandboxes, sandboxId);

    internal void ProcessStarted(string sandboxId, string execId) => _processes[$"{sandboxId}/{execId}"] = sandboxId;

    internal void ProcessEnded(string sandboxId, string execId) => Remove(_processes, $"{sandboxId}/{execId}");

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Remove(ConcurrentDictionary<string, string> live, string key)
    {
        if (!live.TryRemove(key, out _))
        {
            return;
        }

        lock (_gate)
        {
            _nothingLeft.TrySetResult();
            _nothingLeft = NewSignal();
        }
    }
}
