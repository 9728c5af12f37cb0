using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>
/// What the commands of a sandbox's containers print, line by line with the time of each. Only where a line is stands here, in a spool of its own; the bytes stay
/// in the spools of the streams. Memory is bounded by that, whatever is printed.
/// </summary>
internal sealed class SandboxLog(SpoolFolder spools, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly OutputSpool _index = spools.Open();
    private readonly List<LogStream> _streams = [];
    private long _lastTime;
    private bool _isFull;

    /// <summary>A spool for one of the streams of a container's command, whose lines are remembered.</summary>
    public OutputSpool Open(FileDescriptor source, string containerId, string containerName)
    {
        lock (_gate)
        {
            var stream = new LogStream(_streams.Count, source, containerId, containerName, Append);
            _streams.Add(stream);
            return stream.Spool = spools.Open(stream);
        }
    }

    /// <summary>The lines of a span of time, oldest first: from its beginning, up to its end but without it (nanoseconds since 1970).</summary>
    public async IAsyncEnumerable<LogLine> ReadAsync(long since, long until, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LogStream[] streams;
        lock (_gate)
        {
            if (_isFull)
            {
                throw new RpcFailedException(RpcStatusCode.ResourceExhausted, "The sandbox has printed more lines than the emulator keeps the times of; its streams have them all.");
            }

            streams = [.. _streams];
        }

        using var reader = new SpoolReader(_index);
        var count = _index.Length / LogRecord.Size;
        for (var i = await FindAsync(reader, count, since, cancellationToken).ConfigureAwait(false); i < count; i++)
        {
            var record = await ReadAsync(reader, i, cancellationToken).ConfigureAwait(false);
            if (record.Time >= until)
            {
                yield break;
            }

            yield return new LogLine(record.Time, streams[record.Stream], record.Offset, record.Length);
        }
    }

    /// <summary>There are no more lines.</summary>
    public void Complete() => _index.Complete();

    /// <summary>Forgets the lines.</summary>
    public void Dispose() => _index.Dispose();

    private static async ValueTask<LogRecord> ReadAsync(SpoolReader reader, long number, CancellationToken cancellationToken)
    {
        var bytes = await reader.ReadAsync(number * LogRecord.Size, LogRecord.Size, cancellationToken).ConfigureAwait(false);
        return MemoryMarshal.Read<LogRecord>(bytes.Span);
    }

    /// <summary>The first line that is not older. Times only grow.</summary>
    private static async ValueTask<long> FindAsync(SpoolReader reader, long count, long since, CancellationToken cancellationToken)
    {
        var (low, high) = (0L, count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = (await ReadAsync(reader, middle, cancellationToken).ConfigureAwait(false)).Time < since ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void Append(Span<LogRecord> lines)
    {
        lock (_gate)
        {
            var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            foreach (ref var line in lines)
            {
                line.Time = _lastTime = Math.Max(now, _lastTime + 1);
            }

            _isFull |= !_index.TryAppend(MemoryMarshal.AsBytes(lines));
        }
    }
}
