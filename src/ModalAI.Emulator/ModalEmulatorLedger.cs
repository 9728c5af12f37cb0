using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator;

/// <summary>
/// What was called, what was created and what is left. Bounded: of what has ended the latest is kept (100,000 RPCs, 10,000 sandboxes and 10,000 processes), of what runs
/// all. Thread-safe.
/// </summary>
public sealed class ModalEmulatorLedger
{
    private const int MaxRpcs = 100_000;
    private const int MaxEnded = 10_000;

    /// <summary>Far more than Modal has RPCs; a caller may make up names without end.</summary>
    private const int MaxNames = 1_000;

    private const int MaxAcceptedFeatures = 1_000;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly Queue<ModalEmulatorRpc> _rpcs = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly BoundedLog<ModalEmulatorSandbox> _sandboxes = new(MaxEnded);
    private readonly BoundedLog<ModalEmulatorProcess> _processes = new(MaxEnded);
    private readonly Queue<ModalEmulatorAcceptedFeature> _accepted = new();
    private int _runningRpcs;
    private int _runningCreates;
    private TaskCompletionSource _ended = NewSignal();

    internal ModalEmulatorLedger(TimeProvider? time = null) => _time = time ?? TimeProvider.System;

    /// <summary>Keeps whole requests where the options ask for it; null else.</summary>
    internal ModalEmulatorRecorder? Recorder { get; init; }

    /// <summary>The latest RPCs in the order of their starts.</summary>
    public IReadOnlyList<ModalEmulatorRpc> Rpcs
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

    /// <summary>The sandboxes that run, and the latest that have ended, in the order of their creation.</summary>
    public IReadOnlyList<ModalEmulatorSandbox> Sandboxes
    {
        get
        {
            lock (_gate)
            {
                return [.. _sandboxes.All];
            }
        }
    }

    /// <summary>The commands and entrypoints that run or still hold an output open, and the latest that have ended, in the order of their starts.</summary>
    public IReadOnlyList<ModalEmulatorProcess> Processes
    {
        get
        {
            lock (_gate)
            {
                return [.. _processes.All];
            }
        }
    }

    /// <summary>The latest 1,000 requests for what the emulator cannot do, and accepted all the same.</summary>
    public IReadOnlyList<ModalEmulatorAcceptedFeature> AcceptedFeatures
    {
        get
        {
            lock (_gate)
            {
                return [.. _accepted];
            }
        }
    }

    /// <summary>Sandboxes that are coming into being, whether or not the caller still waits for them.</summary>
    internal int RunningCreates => Volatile.Read(ref _runningCreates);

    /// <summary>Ids of the sandboxes that have not ended.</summary>
    internal ICollection<string> LiveSandboxes => [.. Sandboxes.Where(sandbox => sandbox.EndedAt is null).Select(sandbox => sandbox.Id)];

    /// <summary>What runs or still holds an output open, as <c>sandbox id/exec id</c>.</summary>
    internal ICollection<string> LiveProcesses =>
        [.. Processes.Where(process => process.EndedAt is null).Select(process => $"{process.SandboxId}/{process.Id}")];

    /// <summary>Waits until no sandbox lives and no process runs.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task WhenNothingIsLeftAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_sandboxes.Live == 0 && _processes.Live == 0)
                {
                    return;
                }

                changed = _ended.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal void Accepted(ModalEmulatorAcceptance feature, string what)
    {
        lock (_gate)
        {
            _accepted.Enqueue(new ModalEmulatorAcceptedFeature(feature, what));
            if (_accepted.Count > MaxAcceptedFeatures)
            {
                _accepted.Dequeue();
            }
        }
    }

    internal ModalEmulatorRpc RpcStarted(string name)
    {
        Interlocked.Increment(ref _runningRpcs);
        lock (_gate)
        {
            var record = new ModalEmulatorRpc(name, TimeProvider.System.GetElapsedTime(_start));
            var count = _counts.GetValueOrDefault(name);
            if (count > 0 || _counts.Count < MaxNames)
            {
                _counts[name] = count + 1;
            }

            _rpcs.Enqueue(record);
            if (_rpcs.Count > MaxRpcs)
            {
                _rpcs.Dequeue();
            }

            return record;
        }
    }

    internal void RpcEnded(ModalEmulatorRpc record, RpcStatusCode status)
    {
        record.EndedAt = TimeProvider.System.GetElapsedTime(_start);
        record.Status = status;
        Interlocked.Decrement(ref _runningRpcs);
    }

    internal void CreateStarted() => Interlocked.Increment(ref _runningCreates);

    internal void CreateEnded() => Interlocked.Decrement(ref _runningCreates);

    internal void SandboxStarted(string sandboxId, SandboxPlan plan)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in plan.Tags)
        {
            tags[tag.TagName] = tag.TagValue;
        }

        lock (_gate)
        {
            _sandboxes.Start(sandboxId, new ModalEmulatorSandbox(sandboxId, plan.Name, plan.AppId, tags, _time.GetUtcNow()));
        }
    }

    internal void SandboxEnded(string sandboxId, GenericResult result) =>
        End(_sandboxes, sandboxId, sandbox => sandbox with { EndedAt = _time.GetUtcNow(), End = result.Status.ToString() });

    internal void ProcessStarted(string sandboxId, string execId, string program)
    {
        lock (_gate)
        {
            _processes.Start($"{sandboxId}/{execId}", new ModalEmulatorProcess(sandboxId, execId, program, _time.GetUtcNow()));
        }
    }

    internal void ProcessEnded(string sandboxId, string execId, int exitCode) =>
        End(_processes, $"{sandboxId}/{execId}", process => process with { EndedAt = _time.GetUtcNow(), ExitCode = exitCode });

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void End<TEntry>(BoundedLog<TEntry> log, string key, Func<TEntry, TEntry> change)
    {
        TaskCompletionSource ended;
        lock (_gate)
        {
            log.End(key, change);
            ended = _ended;
            _ended = NewSignal();
        }

        ended.SetResult();
    }
}
