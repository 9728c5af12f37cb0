namespace ModalAI.Tools;

/// <summary>
/// The state in which a conversation last saw the files that it read or wrote, so that it does not change one that something else has changed since.
/// Files are told apart by their real paths, states by their content. Thread-safe.
/// </summary>
internal sealed class SeenFiles
{
    /// <summary>Files that are remembered; the ones seen longest ago go first.</summary>
    private const int MaxFiles = 4096;

    private readonly LatestEntries<(string Sandbox, string File), string> _stamps = new(MaxFiles);

    /// <summary>Whether a file must have been read before it is replaced or edited.</summary>
    public bool RequiresRead { get; init; }

    /// <summary>Remembers what was seen.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="file">Stands for the file's real path.</param>
    /// <param name="stamp">Stands for its content.</param>
    public void Remember(ModalSandbox sandbox, string file, string stamp) => _stamps.Set((sandbox.Id, file), stamp);

    /// <summary>What was seen last; null where nothing was.</summary>
    public string? Find(ModalSandbox sandbox, string file) => _stamps.Find((sandbox.Id, file));
}
