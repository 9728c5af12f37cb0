using System.Text;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

/// <summary>A generated file of numbered lines, some of bytes that are no UTF-8, and one change of it, told in the words of each tool that can make it.</summary>
internal sealed partial class GeneratedFile
{
    private readonly byte[] _mark;
    private readonly string _end;
    private readonly bool _hasEnd;
    private readonly List<Line> _lines;
    private readonly List<Change> _changes = [];

    public GeneratedFile(Random random)
    {
        var isEmpty = random.Next(25) == 0;
        var kind = random.Next(4);
        _hasEnd = isEmpty || random.Next(3) > 0;
        _mark = !isEmpty && random.Next(4) == 0 ? [0xEF, 0xBB, 0xBF] : [];
        _lines =
        [
            .. Enumerable.Range(1, isEmpty ? 0 : random.Next(100) == 0 ? 2000 : random.Next(1, 60)).Select(number =>
                new Line(Text(random, number), kind == 0 || (kind == 1 && random.Next(2) == 0) ? "\r\n" : "\n", IsOld: true, number)),
        ];
        if (!_hasEnd)
        {
            _lines[^1] = _lines[^1] with { Text = _lines[^1].Text is { Length: > 0 } text ? text : "the last"u8.ToArray(), End = "" };
        }

        // New lines get CRLF ends where all that there are have them.
        var ends = _lines.Select(static line => line.End).Where(static end => end.Length > 0).ToList();
        _end = ends.Count > 0 && ends.TrueForAll(static end => end == "\r\n") ? "\r\n" : "\n";
        AddChanges(random);
        Content = Join(_lines);
        Expected = Join(NewLines());
    }

    public byte[] Content { get; }

    public byte[] Expected { get; }

    /// <summary>The new content as a model writes it: where the tool keeps a mark and CRLF ends, it need not know of them.</summary>
    public byte[] Written
    {
        get
        {
            var text = Expected[_mark.Length..];
            return _end == "\n" ? text : Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text).Replace("\r\n", "\n", StringComparison.Ordinal));
        }
    }

    public IReadOnlyList<LineEdit> LineEdits =>
        [.. _changes.Select(static change => new LineEdit(change.At + 1, change.At + change.Count, Encoding.UTF8.GetBytes(string.Join('\n', change.Texts))))];

    /// <summary>Replacements of text; none in an empty file, where there is nothing to replace.</summary>
    public IReadOnlyList<FileEdit> TextEdits => _lines.Count == 0 ? [] : [.. _changes.Select(Replacement)];

    /// <summary>The changes as a part of a patch, behind the line that names the file.</summary>
    public string PatchChunks
    {
        get
        {
            var patch = new StringBuilder();
            var done = 0;
            foreach (var change in _changes)
            {
                patch.Append("@@\n");
                var isAppended = change.At == _lines.Count && change.At > 0;
                foreach (var line in _lines[Math.Max(done, change.At - (isAppended ? 1 : change.At % 3))..change.At])
                {
                    patch.Append(' ').Append(line.Told).Append('\n');
                }

                patch.Append(change.Count == 1 ? $"-{_lines[change.At].Told}\n" : "");
                patch.Append(string.Concat(change.Texts.Select(static text => $"+{text}\n")));
                patch.Append(change.Count == 0 && change.At < _lines.Count ? $" {_lines[change.At].Told}\n" : "");
                patch.Append(isAppended ? "*** End of File\n" : "");
                done = change.At + 1;
            }

            return patch.ToString();
        }
    }

    private FileEdit Replacement(Change change)
    {
        var texts = string.Join('\n', change.Texts);
        if (change.At == _lines.Count)
        {
            var last = _lines[^1];
            var end = Told(last.End);
            return Edit([.. last.Text, .. end], [.. last.Text, .. end.Length == 0 ? "\n"u8 : end, .. Encoding.UTF8.GetBytes(texts), .. end.Length == 0 ? [] : "\n"u8]);
        }

        var line = _lines[change.At];
        return change.Count == 0 ? Edit(line.Text, [.. Encoding.UTF8.GetBytes($"{texts}\n"), .. line.Text])
            : Edit([.. line.Text, .. Told(line.End)], Encoding.UTF8.GetBytes(line.End.Length > 0 && texts.Length > 0 ? $"{texts}\n" : texts));

        // A model does not see CRLF ends; where there are others too, it has to tell them apart.
        byte[] Told(string end) => Encoding.ASCII.GetBytes(_end == "\r\n" ? end.Replace("\r", "", StringComparison.Ordinal) : end);

        static FileEdit Edit(byte[] oldText, byte[] newText) => new(oldText, newText, ReplaceAll: false);
    }

    /// <summary>Changes that do not touch one another. A last line that lacks its end is not removed: whether the one before it loses its own is a matter of taste.</summary>
    private void AddChanges(Random random)
    {
        for (var at = random.Next(3); at < _lines.Count; at += 2 + random.Next(8))
        {
            var texts = Enumerable.Range(0, random.Next(3)).Select(number => $"new {at}.{number} ä🙂 &/\\'%s").ToList();
            var count = random.Next(3) > 0 ? 1 : 0;
            var mayRemove = _lines.Count > 1 && (at < _lines.Count - 1 || _hasEnd);
            if (_lines[at].Text.Length > 0 && (texts.Count > 0 || (count > 0 && mayRemove)))
            {
                _changes.Add(new Change(at, count, texts));
            }
        }

        if (_lines.Count == 0 || (_lines[^1].Text.Length > 0 && (_changes.Count == 0 || (_changes[^1].At < _lines.Count - 1 && random.Next(3) == 0))))
        {
            _changes.Add(new Change(_lines.Count, 0, ["added", "added too"]));
        }

        if (_changes.Count == 0)
        {
            _changes.Add(new Change(0, 1, ["first"]));
        }
    }

    private List<Line> NewLines()
    {
        var lines = new List<Line>();
        var next = 0;
        foreach (var change in _changes)
        {
            lines.AddRange(_lines[next..change.At]);
            next = change.At + change.Count;
            lines.AddRange(change.Texts.Select(text => new Line(Encoding.UTF8.GetBytes(text), _end, IsOld: false, next)));
        }

        lines.AddRange(_lines[next..]);
        return [.. lines.Select((line, index) => line with { End = index == lines.Count - 1 && !_hasEnd ? "" : line.End.Length == 0 ? _end : line.End })];
    }

    private byte[] Join(List<Line> lines) => [.. _mark, .. lines.SelectMany(static line => line.Bytes)];

    private static byte[] Text(Random random, int number)
    {
        if (number > 1 && random.Next(8) == 0)
        {
            return [];
        }

        var bytes = new byte[random.Next(12)];
        random.NextBytes(bytes);
        return [.. Encoding.UTF8.GetBytes($"line {number}: "), .. bytes.Where(static value => value != (byte)'\n'), (byte)'.'];
    }

    /// <param name="Text">Without its end.</param>
    /// <param name="End">Its end.</param>
    /// <param name="IsOld">Whether it was there before the change.</param>
    /// <param name="Next">How many of the old lines stand before it, or are it, or are replaced by it.</param>
    private sealed record Line(byte[] Text, string End, bool IsOld, int Next)
    {
        public byte[] Bytes => [.. Text, .. Encoding.ASCII.GetBytes(End)];

        /// <summary>As a model gets to see it.</summary>
        public string Told => Encoding.UTF8.GetString(Text);
    }

    /// <param name="At">Lines before it.</param>
    /// <param name="Count">Lines that are replaced: one or none.</param>
    /// <param name="Texts">Lines that come in their place.</param>
    private sealed record Change(int At, int Count, List<string> Texts);
}
