using System.Text;

namespace ModalAI.Tools.Patches;

/// <summary>A file's lines, with the bytes that they are made of: what a patch leaves alone stays as it is, whatever its encoding and its ends of lines.</summary>
internal sealed class PatchText
{
    private readonly byte[] _content;
    private readonly List<int> _starts;
    private readonly int _mark;

    public PatchText(byte[] content)
    {
        _content = content;
        _starts = LineEnds.Starts(content);
        _mark = content.AsSpan().StartsWith(LineEnds.ByteOrderMark) ? LineEnds.ByteOrderMark.Length : 0;
        EndsInLineEnd = content.Length == 0 || content[^1] == (byte)'\n';
        IsCrLf = LineEnds.UsesCrLf(content);
        Lines = [.. Enumerable.Range(0, _starts.Count).Select(index => Encoding.UTF8.GetString(Bytes(index)).TrimEnd('\n').TrimEnd('\r'))];
        if (_mark > 0)
        {
            Lines[0] = Lines[0].TrimStart('\uFEFF');
        }
    }

    /// <summary>The lines without their ends.</summary>
    public string[] Lines { get; }

    public bool EndsInLineEnd { get; }

    public bool IsCrLf { get; }

    /// <summary>What the file begins with before its first line.</summary>
    public ReadOnlySpan<byte> Mark => _content.AsSpan(0, _mark);

    /// <summary>A line with its end.</summary>
    public ReadOnlySpan<byte> Bytes(int line)
    {
        var start = line == 0 ? _mark : _starts[line];
        return _content.AsSpan(start, (line + 1 < _starts.Count ? _starts[line + 1] : _content.Length) - start);
    }
}
