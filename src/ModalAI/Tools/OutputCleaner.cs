using System.Buffers;
using System.Text;
using ModalAI.Sandboxes;

namespace ModalAI.Tools;

/// <summary>
/// Makes lines of what a command prints, while it prints, in memory of a fixed size: terminal escapes are dropped, of what is overwritten after a carriage
/// return the last is kept, other control characters become U+FFFD, and long lines are cut.
/// </summary>
/// <param name="lines">Takes the lines, each with a line end.</param>
/// <param name="maxLineChars">How much of a line is kept.</param>
internal sealed class OutputCleaner(IOutputSink lines, int maxLineChars)
{
    private const byte Escape = 0x1B;
    private const byte Bell = 0x07;

    private static readonly SearchValues<byte> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(static value => value != '\t').Select(static value => (byte)value), 0x7F]);

    // Characters of UTF-16 take three bytes of UTF-8 at most.
    private readonly byte[] _line = new byte[(maxLineChars + 1) * 3];
    private readonly byte[] _sequence = new byte[(maxLineChars + 1) * 3];
    private readonly char[] _chars = new char[(maxLineChars + 1) * 3];
    private State _state;
    private long _lineLength;
    private long _lineBytes;
    private long _sequenceLength;
    private bool _isSequenceReturned;
    private bool _isReturned;

    private enum State
    {
        Text,

        /// <summary>After ESC, perhaps with intermediate bytes.</summary>
        Escape,

        /// <summary>After ESC [.</summary>
        Control,

        /// <summary>After the start of a title, a link or an image, which end with BEL or ESC \.</summary>
        String,

        /// <summary>After an ESC in there.</summary>
        StringEscape,
    }

    /// <summary>Lines so far, without one that has not ended.</summary>
    public long Lines { get; private set; }

    /// <summary>How many of them were cut.</summary>
    public long CutLines { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[(_state == State.Text ? TakeText(bytes) : TakeSequence(bytes[0]))..];
        }
    }

    /// <summary>Ends a last line that has no end, and what has begun as an escape and is none.</summary>
    public void Complete()
    {
        if (_state != State.Text)
        {
            GiveUpSequence();
        }

        if (_lineLength > 0)
        {
            EndLine();
        }
    }

    /// <returns>How many bytes were taken.</returns>
    private int TakeText(ReadOnlySpan<byte> bytes)
    {
        var length = bytes.IndexOfAny(Controls);
        if (length > 0 && _lineLength == 0 && !_isReturned && bytes[length] == '\n' && length <= maxLineChars)
        {
            // The common case: a whole short line, which needs no copy.
            lines.Append(bytes[..(length + 1)]);
            Lines++;
            _lineBytes = 0;
            return length + 1;
        }

        if (length != 0)
        {
            length = length < 0 ? bytes.Length : length;
            Put(bytes[..length]);
            _lineBytes += length;
            return length;
        }

        if (bytes[0] == '\n')
        {
            EndLine();
            return 1;
        }

        if (bytes[0] == Escape && CountControlSequence(bytes) is > 0 and var whole)
        {
            _lineBytes += whole;
            return whole;
        }

        _lineBytes++;
        switch (bytes[0])
        {
            case (byte)'\r':
                _isReturned = true;
                break;
            case Escape:
                _state = State.Escape;
                break;
            default:
                Put("\uFFFD"u8);
                break;
        }

        return 1;
    }

    /// <summary>The length of the common escape, ESC [ with its end, where all of it is there; 0 else.</summary>
    private static int CountControlSequence(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 3 || bytes[1] != '[')
        {
            return 0;
        }

        var end = bytes[2..].IndexOfAnyExceptInRange((byte)0x20, (byte)0x3F) + 2;
        return end >= 2 && bytes[end] is >= 0x40 and <= 0x7E ? end + 1 : 0;
    }

    /// <summary>Takes a byte of what may be an escape. What turns out to be none is text: it must not hide the rest of an output.</summary>
    private int TakeSequence(byte value)
    {
        switch (_state)
        {
            case State.Escape when value == '[' && _sequenceLength == 0:
                _state = State.Control;
                break;
            case State.Escape when value is (byte)']' or (byte)'P' or (byte)'X' or (byte)'^' or (byte)'_' && _sequenceLength == 0:
                _state = State.String;
                break;
            case State.Escape or State.Control when value is >= 0x20 and <= 0x2F:
            case State.Control when value is >= 0x30 and <= 0x3F:
                break;
            case State.Escape when value is >= 0x30 and <= 0x7E:
            case State.Control when value is >= 0x40 and <= 0x7E:
            case State.String when value == Bell:
            case State.StringEscape when value == '\\':
                _state = State.Text;
                _sequenceLength = 0;
                _isSequenceReturned = false;
                _lineBytes++;
                return 1;
            case State.String when value == Escape:
                _state = State.StringEscape;
                _lineBytes++;
                return 1;
            case State.StringEscape:
                GiveUpSequence();
                _state = State.Escape;
                return 0;
            case State.String when value != '\n':
                break;
            default:
                GiveUpSequence();
                return 0;
        }

        Keep(value);
        _lineBytes++;
        return 1;
    }

    /// <summary>Keeps what may turn out to be text. Of more than fits, what follows on a carriage return is kept in its place: that is what would be shown.</summary>
    private void Keep(byte value)
    {
        if (_sequenceLength >= _sequence.Length)
        {
            if (value == '\r')
            {
                _isSequenceReturned = true;
                return;
            }

            if (_isSequenceReturned)
            {
                _isSequenceReturned = false;
                _sequence[0] = (byte)'\r';
                _sequenceLength = 1;
            }
        }

        if (_sequenceLength < _sequence.Length)
        {
            _sequence[_sequenceLength] = value;
        }

        _sequenceLength++;
    }

    private void GiveUpSequence()
    {
        var kept = _sequence.AsSpan(0, (int)Math.Min(_sequenceLength, _sequence.Length));
        var lost = _sequenceLength - kept.Length;
        var lineBytes = _lineBytes;
        var isReturned = _isSequenceReturned;
        _sequenceLength = 0;
        _isSequenceReturned = false;
        _state = State.Text;
        while (!kept.IsEmpty)
        {
            kept = kept[TakeText(kept)..];
        }

        _lineLength += lost;
        _lineBytes = lineBytes;
        _isReturned |= isReturned;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_isReturned)
        {
            _isReturned = false;
            _lineLength = 0;
        }

        if (_lineLength < _line.Length)
        {
            bytes[..(int)Math.Min(bytes.Length, _line.Length - _lineLength)].CopyTo(_line.AsSpan((int)_lineLength));
        }

        _lineLength += bytes.Length;
    }

    private void EndLine()
    {
        var kept = _line.AsSpan(0, (int)Math.Min(_lineLength, _line.Length));
        var chars = kept.Length <= maxLineChars ? 0 : Encoding.UTF8.GetChars(kept, _chars);
        if (chars > maxLineChars)
        {
            var end = char.IsHighSurrogate(_chars[maxLineChars - 1]) ? maxLineChars - 1 : maxLineChars;
            lines.Append(_line.AsSpan(0, Encoding.UTF8.GetBytes(_chars.AsSpan(0, end), _line)));
            lines.Append(Encoding.UTF8.GetBytes(OutputMarks.Cut(_lineBytes, maxLineChars)));
            CutLines++;
        }
        else
        {
            lines.Append(kept);
        }

        lines.Append("\n"u8);
        Lines++;
        _lineLength = 0;
        _lineBytes = 0;
        _isReturned = false;
    }
}
