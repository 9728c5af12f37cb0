using System.Runtime.InteropServices;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>One stream of a container's command: finds its lines. A long one is cut, between two characters where it is text.</summary>
internal sealed class LogStream(int number, FileDescriptor source, string containerId, string containerName, LogStream.Append append) : IOutputObserver
{
    private const int MaxLineBytes = 4096;

    /// <summary>Where a character of UTF-8 has more bytes than its first.</summary>
    private const int MaxContinuationBytes = 3;

    private readonly List<LogRecord> _lines = [];
    private long _start;
    private long _end;

    /// <summary>Takes lines in, and gives them their times.</summary>
    public delegate void Append(Span<LogRecord> lines);

    public FileDescriptor Source => source;

    /// <summary>Empty for the main container.</summary>
    public string ContainerId => containerId;

    public string ContainerName => containerName;

    /// <summary>Where its bytes are.</summary>
    public OutputSpool Spool { get; set; } = null!;

    public void OnAppended(ReadOnlySpan<byte> data, long offset)
    {
        while (!data.IsEmpty)
        {
            var lineEnd = data.IndexOf((byte)'\n');
            var take = lineEnd < 0 ? data.Length : lineEnd + 1;
            var isWhole = lineEnd >= 0;
            if (_end - _start + take > MaxLineBytes)
            {
                // From the longest length on, the line ends before the first byte that begins a character.
                take = (int)Math.Clamp(MaxLineBytes - (_end - _start), 0, take);
                while (take < data.Length && (data[take] & 0xC0) == 0x80 && _end - _start + take < MaxLineBytes + MaxContinuationBytes)
                {
                    take++;
                }

                isWhole = take < data.Length || _end - _start + take >= MaxLineBytes + MaxContinuationBytes;
            }

            _end += take;
            data = data[take..];
            if (isWhole)
            {
                EndLine();
            }
        }

        Flush();
    }

    public void OnCompleted()
    {
        if (_end > _start)
        {
            EndLine();
            Flush();
        }
    }

    private void EndLine()
    {
        _lines.Add(new LogRecord(0, _start, (int)(_end - _start), number));
        _start = _end;
    }

    /// <summary>All lines of one read are written at once.</summary>
    private void Flush()
    {
        if (_lines.Count > 0)
        {
            append(CollectionsMarshal.AsSpan(_lines));
            _lines.Clear();
        }
    }
}
