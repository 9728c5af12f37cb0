using System.Text;

namespace ModalAI.Sandboxes;

/// <summary>Keeps the start and the end of a stream in bounded memory, and counts all of it. Read it only when nobody appends.</summary>
internal sealed class BoundedOutput(int limit) : IOutputSink
{
    private readonly int _headLimit = Math.Max(1, limit / 2);
    private readonly int _tailLimit = Math.Max(1, limit - Math.Max(1, limit / 2));
    private byte[] _head = [];
    private int _headLength;
    private byte[]? _tail;
    private long _total;

    public long TotalBytes => Interlocked.Read(ref _total);

    public long OmittedBytes => Math.Max(0, TotalBytes - _headLimit - _tailLimit);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Interlocked.Add(ref _total, bytes.Length);
        var fits = Math.Min(bytes.Length, _headLimit - _headLength);
        if (fits > 0)
        {
            Reserve(_headLength + fits);
            bytes[..fits].CopyTo(_head.AsSpan(_headLength));
            _headLength += fits;
            bytes = bytes[fits..];
        }

        if (bytes.IsEmpty)
        {
            return;
        }

        // A ring that is written at the position which the stream has reached.
        _tail ??= new byte[_tailLimit];
        var end = TotalBytes - _headLimit;
        if (bytes.Length > _tailLimit)
        {
            bytes = bytes[^_tailLimit..];
        }

        var position = (int)((end - bytes.Length) % _tailLimit);
        var first = Math.Min(bytes.Length, _tailLimit - position);
        bytes[..first].CopyTo(_tail.AsSpan(position));
        bytes[first..].CopyTo(_tail);
    }

    /// <summary>The kept text, invalid UTF-8 replaced, with a line in the place of what was left out.</summary>
    public string GetText()
    {
        var head = _head.AsSpan(0, _headLength);
        if (_tail is null)
        {
            return Encoding.UTF8.GetString(head);
        }

        var tail = GetTail();
        if (OmittedBytes == 0)
        {
            return Encoding.UTF8.GetString([.. head, .. tail]);
        }

        // No half characters at the cut.
        var headEnd = head.Length;
        while (headEnd > 0 && headEnd > head.Length - 4 && Rune.DecodeLastFromUtf8(head[..headEnd], out _, out _) != System.Buffers.OperationStatus.Done)
        {
            headEnd--;
        }

        var tailStart = 0;
        while (tailStart < Math.Min(4, tail.Length) && (tail[tailStart] & 0xC0) == 0x80)
        {
            tailStart++;
        }

        var omitted = TotalBytes - headEnd - (tail.Length - tailStart);
        return $"{Encoding.UTF8.GetString(head[..headEnd])}\n[... {omitted} bytes left out ...]\n{Encoding.UTF8.GetString(tail.AsSpan(tailStart))}";
    }

    /// <summary>The start and the end; where nothing was left out, the start is all there is.</summary>
    public (byte[] Start, byte[] End) GetEnds() => OmittedBytes == 0 ? (GetBytes(), []) : (_head.AsSpan(0, _headLength).ToArray(), GetTail());

    /// <summary>All bytes; only where nothing was left out.</summary>
    public byte[] GetBytes() => _tail is null ? _head.AsSpan(0, _headLength).ToArray() : [.. _head.AsSpan(0, _headLength), .. GetTail()];

    private byte[] GetTail()
    {
        var written = TotalBytes - _headLimit;
        if (written <= _tailLimit)
        {
            return _tail!.AsSpan(0, (int)written).ToArray();
        }

        var start = (int)(written % _tailLimit);
        return [.. _tail.AsSpan(start), .. _tail.AsSpan(0, start)];
    }

    private void Reserve(int length)
    {
        if (_head.Length < length)
        {
            Array.Resize(ref _head, (int)Math.Min(_headLimit, Math.Max(length, Math.Max(1024L, _head.Length * 2L))));
        }
    }
}
