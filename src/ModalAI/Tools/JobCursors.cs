namespace ModalAI.Tools;

/// <summary>How far a model has read the output of its jobs. Thread-safe; the oldest are forgotten, whose output is shown from its start again.</summary>
internal sealed class JobCursors
{
    private const int MaxJobs = 256;

    private readonly LatestEntries<string, long> _offsets = new(MaxJobs);

    public long Get(string jobId) => _offsets.Find(jobId);

    public void Set(string jobId, long offset) => _offsets.Set(jobId, offset);
}
