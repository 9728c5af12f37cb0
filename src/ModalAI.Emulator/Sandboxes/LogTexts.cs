using System.Text;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Reads the text of log lines from the spools that hold it.</summary>
internal sealed class LogTexts : IDisposable
{
    private readonly Dictionary<LogStream, SpoolReader> _readers = [];

    /// <summary>The bytes of a line, valid until the next call for its stream.</summary>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(LogLine line, CancellationToken cancellationToken)
    {
        if (!_readers.TryGetValue(line.Stream, out var reader))
        {
            _readers.Add(line.Stream, reader = new SpoolReader(line.Stream.Spool));
        }

        return reader.ReadAsync(line.Offset, line.Length, cancellationToken);
    }

    /// <summary>Whether a line holds a text; every line holds the empty one, and is not read for that.</summary>
    public async ValueTask<bool> MatchesAsync(LogLine line, string text, CancellationToken cancellationToken)
        => text.Length == 0 || (await ReadAsync(line, cancellationToken).ConfigureAwait(false)).Span.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    public void Dispose()
    {
        foreach (var reader in _readers.Values)
        {
            reader.Dispose();
        }
    }
}
