using System.Globalization;
using System.Text;

namespace ModalAI.Tests.Tools;

/// <summary>The change as reference tools take it.</summary>
internal sealed partial class GeneratedFile
{
    /// <summary>For <c>patch --binary</c>.</summary>
    public byte[] Diff
    {
        get
        {
            var lines = NewLines();
            var diff = new MemoryStream();
            diff.Write(Encoding.ASCII.GetBytes($"--- old\n+++ new\n@@ -{Math.Min(_lines.Count, 1)},{_lines.Count} +{Math.Min(lines.Count, 1)},{lines.Count} @@\n"));
            var next = 0;
            for (var i = 0; i < lines.Count; i++)
            {
                var line = Bytes(lines, i);
                Remove(lines[i].IsOld ? lines[i].Next - 1 : lines[i].Next);
                var isSame = lines[i].IsOld && Bytes(_lines, next).AsSpan().SequenceEqual(line);
                Remove(isSame ? next : lines[i].Next);
                Show(isSame ? ' ' : '+', line);
                next = lines[i].Next;
            }

            Remove(_lines.Count);
            return diff.ToArray();

            void Remove(int to)
            {
                for (; next < to; next++)
                {
                    Show('-', Bytes(_lines, next));
                }
            }

            void Show(char mark, byte[] line)
            {
                diff.WriteByte((byte)mark);
                diff.Write(line);
                diff.Write(line[^1] == (byte)'\n' ? [] : "\n\\ No newline at end of file\n"u8);
            }
        }
    }

    /// <summary>For <c>sed -f</c> with bytes as characters; null for an empty file, of which sed has no line to work on.</summary>
    public byte[]? Sed
    {
        get
        {
            // Its c and a commands would end a last line that has no end; a newline in what s puts in does not.
            var sed = new MemoryStream();
            foreach (var change in _changes)
            {
                var isMarked = change.At == 0 && _mark.Length > 0;
                var number = (change.At + 1).ToString(CultureInfo.InvariantCulture);
                var texts = string.Join(_end, change.Texts);
                if (change.At == _lines.Count)
                {
                    Substitute("$", [], "$", (_hasEnd ? "\n" : _end) + texts + (_hasEnd ? _end[..^1] : ""));
                }
                else if (change.Count == 0)
                {
                    Substitute(number, isMarked ? _mark : [], "", texts + _end);
                }
                else if (change.Texts.Count > 0)
                {
                    Substitute(number, isMarked ? _mark : [], ".*", texts + (_lines[change.At].End.Length > 0 ? _end[..^1] : ""));
                }
                else
                {
                    sed.Write(Encoding.ASCII.GetBytes($"{number}d\n"));
                    if (isMarked)
                    {
                        sed.Write([.. "2s/^/"u8, .. _mark, .. "/\n"u8]);
                    }
                }
            }

            return _lines.Count == 0 ? null : sed.ToArray();

            void Substitute(string address, byte[] mark, string pattern, string text)
            {
                var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal)
                    .Replace("&", "\\&", StringComparison.Ordinal).Replace("\n", "\\\n", StringComparison.Ordinal);
                sed.Write([.. Encoding.ASCII.GetBytes(pattern == "$" ? $"{address}s/" : $"{address}s/^"), .. mark, .. Encoding.ASCII.GetBytes($"{pattern}/"), .. mark]);
                sed.Write(Encoding.UTF8.GetBytes($"{escaped}/\n"));
            }
        }
    }

    /// <summary>Commands of a shell that print the new content with coreutils, when the function <c>body</c> gives the content of the file <c>$f</c> behind its mark.</summary>
    public string Commands
    {
        get
        {
            var commands = new StringBuilder(_mark.Length > 0 ? "body() { tail -c +4 \"$f\"; }; head -c 3 \"$f\"; " : "body() { cat \"$f\"; }; ");
            var next = 0;
            foreach (var change in _changes)
            {
                Keep(change.At);
                next = change.At + change.Count;
                var start = change.At == _lines.Count && !_hasEnd ? _end : "";
                Print(start + string.Join(_end, change.Texts) + (change.Texts.Count == 0 || (next == _lines.Count && !_hasEnd) ? "" : _end));
            }

            Keep(_lines.Count);
            return commands.ToString();

            void Keep(int to) => commands.Append(
                CultureInfo.InvariantCulture, $"{(next < to ? $"body | tail -n +{next + 1} | head -n {to - next}; " : "")}");

            void Print(string text) => commands.Append(text.Length == 0 ? "" : $"printf %s {Quote(text)}; ");
        }
    }

    /// <summary>A text as one word of a shell.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private byte[] Bytes(List<Line> lines, int index) => index == 0 ? [.. _mark, .. lines[0].Bytes] : lines[index].Bytes;
}
