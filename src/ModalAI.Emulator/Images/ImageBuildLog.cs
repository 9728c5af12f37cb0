using ModalAI.Protocol;

namespace ModalAI.Emulator.Images;

/// <summary>What a build says, for any number of readers that come and go.</summary>
internal sealed class ImageBuildLog(TimeProvider time)
{
    /// <summary>Of all entries together; what comes after is dropped, and the log says so.</summary>
    private const int MaxCharacters = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly List<TaskLogs> _entries = [];
    private TaskCompletionSource _changed = NewChange();
    private int _length;
    private bool _isComplete;

    public void Add(FileDescriptor stream, string text)
    {
        lock (_gate)
        {
            if (_isComplete || _length > MaxCharacters || text.Length == 0)
            {
                return;
            }

            _length += text.Length;
            var data = _length > MaxCharacters ? $"{text}\n[The log has reached {MaxCharacters} characters; the rest is not kept.]\n" : text;
            var now = time.GetUtcNow() - DateTimeOffset.UnixEpoch;
            _entries.Add(new TaskLogs { Data = data, FileDescriptor = stream, Timestamp = now.TotalSeconds, TimestampNs = (ulong)now.Ticks * 100 });
            Signal();
        }
    }

    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Signal();
        }
    }

    /// <summary>The entries from one on, whether there will be more, and what ends when there are.</summary>
    public (IReadOnlyList<TaskLogs> Entries, bool IsComplete, Task Changed) Read(int from)
    {
        lock (_gate)
        {
            return ([.. _entries.Skip(from)], _isComplete, _changed.Task);
        }
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        _changed.SetResult();
        _changed = NewChange();
    }
}
