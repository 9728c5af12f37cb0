using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModalAI.Tests.Tools;

/// <summary>
/// What has to be shown of an output, found out the simple way: line by line as text, with the lines of the start and of the end kept whole. Takes the output
/// in pieces, so that a test can compare gigabytes.
/// </summary>
/// <param name="maxChars">What is shown, in characters.</param>
/// <param name="maxLineChars">What is shown of a line.</param>
internal sealed partial class PlainOutput(int maxChars, int maxLineChars)
{
    /// <summary>More than is looked at of a line.</summary>
    private const int MaxLineBytes = 1024 * 1024;

    private readonly List<string> _all = [];
    private readonly List<string> _head = [];
    private readonly Queue<string> _tail = new();
    private readonly MemoryStream _line = new();
    private long _chars;
    private int _headChars;
    private int _tailChars;
    private bool _isHeadFull;
    private long _lineBytes;

    public long TotalBytes { get; private set; }

    public long Lines { get; private set; }

    public long CutLines { get; private set; }

    /// <summary>Number of the first line that is left out, from 1; 0 where all are shown.</summary>
    public long FirstOmitted => IsWhole ? 0 : _head.Count + 1;

    public long LastOmitted => IsWhole ? 0 : Lines - _tail.Count;

    private bool IsWhole => _chars <= maxChars;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        TotalBytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            var length = bytes.IndexOf((byte)'\n');
            var part = length < 0 ? bytes : bytes[..length];
            _lineBytes += part.Length;
            _line.Write(part[..(int)Math.Min(part.Length, MaxLineBytes - _line.Length)]);
            bytes = bytes[(length < 0 ? part.Length : part.Length + 1)..];
            if (length >= 0)
            {
                AddLine(Clean());
            }
        }
    }

    /// <summary>The text. Nothing may be appended any more.</summary>
    public string GetText()
    {
        // What has no end and shows nothing is no line.
        if (_lineBytes > 0 && Clean() is { Length: > 0 } last)
        {
            AddLine(last);
        }

        string[] shown = IsWhole ? [.. _all] : [.. _head, $"[... lines {FirstOmitted} to {LastOmitted} of {Lines} left out ...]", .. _tail];
        return string.Join('\n', shown).TrimEnd('\n');
    }

    private void AddLine(string line)
    {
        Lines++;
        _chars += line.Length + 1;
        if (IsWhole)
        {
            _all.Add(line);
        }

        _isHeadFull |= _headChars + line.Length + 1 > maxChars / 3;
        if (!_isHeadFull)
        {
            _head.Add(line);
            _headChars += line.Length + 1;
        }
        else
        {
            _tail.Enqueue(line);
            _tailChars += line.Length + 1;
            while (_tailChars > maxChars - (maxChars / 3))
            {
                _tailChars -= _tail.Dequeue().Length + 1;
            }
        }
    }

    private string Clean()
    {
        var (bytes, length) = (Encoding.Latin1.GetString(_line.GetBuffer(), 0, (int)_line.Length), _lineBytes);
        _line.SetLength(0);
        _lineBytes = 0;
        bytes = Escapes().Replace(bytes, "").Split('\r').LastOrDefault(static part => part.Length > 0) ?? "";
        bytes = Controls().Replace(bytes, "\u00EF\u00BF\u00BD");
        var text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
        var cut = "";
        if (text.Length > maxLineChars)
        {
            CutLines++;
            text = text[..(char.IsHighSurrogate(text[maxLineChars - 1]) ? maxLineChars - 1 : maxLineChars)];
            cut = string.Create(CultureInfo.InvariantCulture, $"… [line of {length} bytes cut at {maxLineChars} characters]");
        }

        return Marks().Replace(Separators().Replace(text, "\uFFFD"), @"\$0") + cut;
    }

    /// <summary>ESC with what belongs to it; ESC alone where that is not there.</summary>
    [GeneratedRegex(@"\x1B(?:\[[ -?]*[@-~]|[\]PX^_][^\x07\x1B]*(?:\x07|\x1B\\)|[ -/]+[0-~]|[0-OQ-WYZ\\`-~]|)")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"[\x00-\x08\x0B\x0C\x0E-\x1A\x1C-\x1F\x7F]")]
    private static partial Regex Controls();

    [GeneratedRegex(@"[\u0080-\u009F\u2028\u2029]")]
    private static partial Regex Separators();

    /// <summary>What would pass for one of our marks.</summary>
    [GeneratedRegex(@"\[(?=\.\.\. lines [0-9]+ to [0-9]+ of [0-9]+ left out \.\.\.\]|line of [0-9]+ bytes cut at [0-9]+ characters\])")]
    private static partial Regex Marks();
}
