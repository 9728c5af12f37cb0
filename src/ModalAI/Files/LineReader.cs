using System.Buffers;
using ModalAI.Sandboxes;

namespace ModalAI.Files;

/// <summary>Cuts an output into lines. One that is too long to be kept is left out.</summary>
internal sealed class LineReader(IOutputReader reader, int maxLength)
{
    private readonly ArrayBufferWriter<byte> _line = new();
    private ReadOnlyMemory<byte> _chunk;
    private bool _isTooLong;

    /// <summary>The next line, valid until the next call; null at the end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        _line.ResetWrittenCount();
        while (true)
        {
            var end = _chunk.Span.IndexOf((byte)'\n');
            Append(end < 0 ? _chunk : _chunk[..end]);
            if (end >= 0)
            {
                _chunk = _chunk[(end + 1)..];
                if (!_isTooLong)
                {
                    return _line.WrittenMemory;
                }

                _isTooLong = false;
                continue;
            }

            // Cut short by a cancelled read, the line goes on with the next one: its chunk was taken.
            _chunk = default;
            _chunk = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (_chunk.IsEmpty)
            {
                return _line.WrittenCount > 0 && !_isTooLong ? _line.WrittenMemory : default(ReadOnlyMemory<byte>?);
            }
        }
    }

    private void Append(ReadOnlyMemory<byte> bytes)
    {
        _isTooLong |= _line.WrittenCount + bytes.Length > maxLength;
        if (_isTooLong)
        {
            _line.ResetWrittenCount();
        }
        else
        {
            _line.Write(bytes.Span);
        }
    }
}
