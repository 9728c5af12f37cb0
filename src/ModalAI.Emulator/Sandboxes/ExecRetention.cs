namespace ModalAI.Emulator.Sandboxes;

/// <summary>Keeps what finished commands printed for those who read late, and forgets the oldest where it becomes too much.</summary>
internal sealed class ExecRetention
{
    private const int MaxExecs = 20_000;
    private const long MaxBytes = 12L * 1024 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<(ExecTable Table, SandboxExec Exec, long Bytes)> _finished = [];
    private long _bytes;

    public void Keep(ExecTable table, SandboxExec exec)
    {
        var forgotten = new List<(ExecTable Table, SandboxExec Exec, long Bytes)>();
        lock (_gate)
        {
            var bytes = exec.KeptBytes;
            _finished.AddLast((table, exec, bytes));
            _bytes += bytes;
            while (_finished.Count > MaxExecs || (_bytes > MaxBytes && _finished.Count > 1))
            {
                forgotten.Add(_finished.First!.Value);
                _bytes -= _finished.First.Value.Bytes;
                _finished.RemoveFirst();
            }
        }

        Forget(forgotten);
    }

    /// <summary>Forgets all of a sandbox's commands.</summary>
    public void Forget(ExecTable table)
    {
        var forgotten = new List<(ExecTable Table, SandboxExec Exec, long Bytes)>();
        lock (_gate)
        {
            for (var node = _finished.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Table == table)
                {
                    forgotten.Add(node.Value);
                    _bytes -= node.Value.Bytes;
                    _finished.Remove(node);
                }

                node = next;
            }
        }

        Forget(forgotten);
    }

    private static void Forget(List<(ExecTable Table, SandboxExec Exec, long Bytes)> forgotten)
    {
        foreach (var (table, exec, _) in forgotten)
        {
            table.Remove(exec.Id);
            exec.Dispose();
        }
    }
}
