using System.Text;
using System.Threading.Channels;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>What one build has printed: its last lines, kept within bounds, and the readers that follow it.</summary>
internal sealed class ImageBuildLog
{
    private const int MaxLineLength = 8 * 1024;
    private const int MaxTailLines = 100;
    private const int ReaderCapacity = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<ModalImageBuildLogLine> _tail = new();
    private readonly List<Channel<ModalImageBuildLogLine>> _readers = [];
    private readonly Dictionary<ModalLogSource, StringBuilder> _partial = [];
    private DateTimeOffset _lastTime = DateTimeOffset.UnixEpoch;
    private bool _completed;

    /// <summary>Follows the log from its last lines on. A reader that does not read holds up the build's reading until it is closed.</summary>
    public Channel<ModalImageBuildLogLine> Open()
    {
        var reader = Channel.CreateBounded<ModalImageBuildLogLine>(ReaderCapacity);
        lock (_gate)
        {
            foreach (var line in _tail)
            {
                reader.Writer.TryWrite(line);
            }

            if (_completed)
            {
                reader.Writer.TryComplete();
            }
            else
            {
                _readers.Add(reader);
            }
        }

        return reader;
    }

    public void Close(Channel<ModalImageBuildLogLine> reader)
    {
        lock (_gate)
        {
            _readers.Remove(reader);
        }

        reader.Writer.TryComplete();
    }

    /// <summary>Takes in what the build printed; pieces become lines.</summary>
    public async ValueTask AddAsync(string imageId, IEnumerable<TaskLogs> logs, CancellationToken cancellationToken)
    {
        foreach (var log in logs)
        {
            _lastTime = log.GetTime();
            var stream = StreamOf(log.FileDescriptor);
            var rest = log.Data.AsMemory();
            while (rest.Span.IndexOf('\n') is var end and >= 0)
            {
                await AddLineAsync(imageId, stream, rest[..end], cancellationToken).ConfigureAwait(false);
                rest = rest[(end + 1)..];
            }

            if (!rest.IsEmpty)
            {
                await AddPieceAsync(imageId, stream, rest, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Adds the lines that were never ended, and tells the readers that there will be no more.</summary>
    public async ValueTask CompleteAsync(string imageId, CancellationToken cancellationToken)
    {
        foreach (var (stream, piece) in _partial.Where(static pair => pair.Value.Length > 0).ToArray())
        {
            await AddLineAsync(imageId, stream, default, cancellationToken).ConfigureAwait(false);
        }

        lock (_gate)
        {
            _completed = true;
            foreach (var reader in _readers)
            {
                reader.Writer.TryComplete();
            }

            _readers.Clear();
        }
    }

    /// <summary>The last lines, at most this many characters of them, without secrets.</summary>
    public string GetTail(int maxLength, Redaction redaction)
    {
        string text;
        lock (_gate)
        {
            text = string.Join('\n', _tail.Select(static line => line.Text));
        }

        text = redaction.Apply(text);
        return text.Length <= maxLength ? text : "…" + text[^maxLength..];
    }

    private async ValueTask AddPieceAsync(string imageId, ModalLogSource stream, ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        if (!_partial.TryGetValue(stream, out var piece))
        {
            _partial[stream] = piece = new StringBuilder();
        }

        while (piece.Length + text.Length > MaxLineLength)
        {
            var fitting = MaxLineLength - piece.Length;
            await AddLineAsync(imageId, stream, text[..fitting], cancellationToken).ConfigureAwait(false);
            text = text[fitting..];
        }

        piece.Append(text.Span);
    }

    private async ValueTask AddLineAsync(string imageId, ModalLogSource stream, ReadOnlyMemory<char> end, CancellationToken cancellationToken)
    {
        var text = end.ToString();
        if (_partial.TryGetValue(stream, out var piece) && piece.Length > 0)
        {
            text = piece.Append(text).ToString();
            piece.Clear();
        }

        foreach (var part in text.Length <= MaxLineLength ? [text] : text.Chunk(MaxLineLength).Select(static chunk => new string(chunk)))
        {
            await PublishAsync(new ModalImageBuildLogLine(part.TrimEnd('\r'), stream, imageId, _lastTime), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask PublishAsync(ModalImageBuildLogLine line, CancellationToken cancellationToken)
    {
        Channel<ModalImageBuildLogLine>[] readers;
        lock (_gate)
        {
            _tail.Enqueue(line);
            if (_tail.Count > MaxTailLines)
            {
                _tail.Dequeue();
            }

            readers = [.. _readers];
        }

        foreach (var reader in readers)
        {
            try
            {
                await reader.Writer.WriteAsync(line, cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                // It has left meanwhile.
            }
        }
    }

    private static ModalLogSource StreamOf(FileDescriptor descriptor) => descriptor switch
    {
        FileDescriptor.Stdout => ModalLogSource.Output,
        FileDescriptor.Stderr => ModalLogSource.Error,
        FileDescriptor.Info => ModalLogSource.Info,
        _ => ModalLogSource.Unknown,
    };
}
