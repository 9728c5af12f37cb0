using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>
/// The execs of one sandbox by the ids that clients chose. A client may send reads and waits together with the start: those that arrive first
/// are held until it comes.
/// </summary>
internal sealed class ExecTable(string taskId, TimeSpan holdForStart)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The execs that have started and are kept.</summary>
    public IReadOnlyList<SandboxExec> Started
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Values.Where(entry => entry.Exec.Task.IsCompletedSuccessfully).Select(entry => entry.Exec.Task.Result)];
            }
        }
    }

    /// <summary>Starts an exec; a repeated start with the same id waits for the first and starts nothing.</summary>
    public async Task StartAsync(string execId, Func<SandboxExec> start, CancellationToken cancellationToken)
    {
        Entry entry;
        bool isRepeated;
        lock (_gate)
        {
            entry = GetOrAdd(execId);
            isRepeated = entry.IsStarting;
            entry.IsStarting = true;
        }

        if (isRepeated)
        {
            await entry.Exec.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            entry.Exec.SetResult(start());
        }
        catch (Exception)
        {
            // A start that failed may be tried again; those who wait for this one learn that it does not come.
            Remove(execId);
            entry.Exec.SetException(Unknown(execId));
            _ = entry.Exec.Task.Exception;
            throw;
        }
    }

    /// <summary>The exec of an id; waits a moment for one whose start has not arrived if <paramref name="hold"/> says so.</summary>
    public async ValueTask<SandboxExec> FindAsync(string execId, bool hold, CancellationToken cancellationToken)
    {
        Entry? entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(execId, out entry) && (!hold || holdForStart == TimeSpan.Zero))
            {
                throw Unknown(execId);
            }

            entry ??= GetOrAdd(execId);
            entry.Waiters++;
        }

        try
        {
            return entry.IsStarting
                ? await entry.Exec.Task.WaitAsync(cancellationToken).ConfigureAwait(false)
                : await entry.Exec.Task.WaitAsync(holdForStart, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Unknown(execId);
        }
        finally
        {
            lock (_gate)
            {
                entry.Waiters--;
                if (entry is { IsStarting: false, Waiters: 0 })
                {
                    _entries.Remove(execId);
                }
            }
        }
    }

    public void Remove(string execId)
    {
        lock (_gate)
        {
            _entries.Remove(execId);
        }
    }

    private Entry GetOrAdd(string execId)
    {
        if (!_entries.TryGetValue(execId, out var entry))
        {
            _entries.Add(execId, entry = new Entry());
        }

        return entry;
    }

    private RpcFailedException Unknown(string execId) => RpcFailedException.NotFound($"Task {taskId} has no exec '{execId}'.");

    private sealed class Entry
    {
        public TaskCompletionSource<SandboxExec> Exec { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsStarting { get; set; }

        public int Waiters { get; set; }
    }
}
