namespace ModalAI.Tools;

/// <summary>How far a model has read the output of its jobs. Thread-safe; the oldest are forgotten, whose output is shown from its start again.</summary>
internal sealed class JobCursors
{
    private const int MaxJobs = 256;

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, long> _offsets = new(StringComparer.Ordinal);

    public long Get(string jobId)
    {
        lock (_lock)
        {
            return _offsets.GetValueOrDefault(jobId);
        }
    }

    public void Set(string jobId, long offset)
    {
        lock (_lock)
        {
            _offsets.Remove(jobId);
            _offsets.Add(jobId, offset);
            if (_offsets.Count > MaxJobs)
            {
                _offsets.RemoveAt(0);
            }
        }
    }
}
