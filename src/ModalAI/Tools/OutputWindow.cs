using System.Text;
using System.Text.RegularExpressions;
using ModalAI.Sandboxes;

namespace ModalAI.Tools;

/// <summary>What a model sees of an output: whole lines of its start and its end, cleaned while the output arrives, in memory that does not grow with it.</summary>
internal sealed partial class OutputWindow : IOutputSink
{
    private readonly int _maxChars;
    private readonly BoundedOutput _lines;
    private readonly OutputCleaner _cleaner;
    private long _totalBytes;

    /// <param name="maxChars">How many characters are shown: a third of them from the start, the others from the end, where errors stand.</param>
    /// <param name="maxLineChars">How much of one line is shown.</param>
    public OutputWindow(int maxChars, int maxLineChars)
    {
        // Each end may hold all that is shown, at three bytes a character. A line has to fit into the start.
        _maxChars = maxChars;
        _lines = new BoundedOutput(maxChars * 6);
        _cleaner = new OutputCleaner(_lines, Math.Clamp(maxLineChars, 1, Math.Max(1, (maxChars / 3) - 80)));
    }

    public long TotalBytes => Interlocked.Read(ref _totalBytes);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _cleaner.Append(bytes);
        Interlocked.Add(ref _totalBytes, bytes.Length);
    }

    /// <summary>What is shown. Nothing may be appended any more.</summary>
    public OutputView GetView()
    {
        _cleaner.Complete();
        var (start, end) = _lines.GetEnds();
        var total = _cleaner.Lines;
        if (end.Length == 0)
        {
            var all = Lines(start);
            if (all.Sum(static line => line.Length + 1L) <= _maxChars)
            {
                return new OutputView(string.Join('\n', all).TrimEnd('\n'), TotalBytes, total, FirstOmitted: 0, LastOmitted: 0, _cleaner.CutLines);
            }

            return GetView(all, all, total);
        }

        // A line that is cut off at the end of the start, or at the start of the end, is in neither.
        return GetView(Lines(start[..(Array.LastIndexOf(start, (byte)'\n') + 1)]), Lines(end[(Array.IndexOf(end, (byte)'\n') + 1)..]), total);
    }

    private OutputView GetView(string[] head, string[] tail, long total)
    {
        var shownAtStart = Fitting(head, _maxChars / 3);
        var shownAtEnd = Fitting(Enumerable.Reverse(tail), _maxChars - (_maxChars / 3));
        var (first, last) = (shownAtStart + 1L, total - shownAtEnd);
        string[] shown = [.. head.AsSpan(0, shownAtStart), OutputMarks.Omitted(first, last, total), .. tail.AsSpan(tail.Length - shownAtEnd)];
        return new OutputView(string.Join('\n', shown).TrimEnd('\n'), TotalBytes, total, first, last, _cleaner.CutLines);
    }

    private static string[] Lines(byte[] bytes)
    {
        var text = OutputMarks.Show(Controls().Replace(Encoding.UTF8.GetString(bytes), "\uFFFD"));
        return text.Length == 0 ? [] : text[..^1].Split('\n');
    }

    private static int Fitting(IEnumerable<string> lines, int maxChars) =>
        lines.TakeWhile(line => (maxChars -= line.Length + 1) >= 0).Count();

    /// <summary>Control characters and ends of lines that are no single byte in UTF-8.</summary>
    [GeneratedRegex(@"[\u0080-\u009F\u2028\u2029]")]
    private static partial Regex Controls();
}
