using System.Text;
using ModalAI.Tools;
using ModalAI.Tools.Patches;

namespace ModalAI.Tests.Tools;

/// <summary>Edits of generated files, each made in three ways, which have to come to the same bytes as putting the lines together does.</summary>
public sealed class GeneratedEditTests
{
    private const int MaxBytes = 1024 * 1024;

    [Fact]
    public void AllWays_OnAThousandFiles_ChangeTheSameBytes()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var file = new GeneratedFile(new Random(seed));

            Assert.True(PatchParser.TryParse(file.Patch, out var steps, out var problem), $"seed {seed}: {problem}");
            var patched = PatchChunks.Apply(file.Content, Assert.IsType<PatchUpdate>(Assert.Single(steps)).Chunks, ToolWords.Default);
            var byNumber = LineEdits.Apply(file.Content, file.LineEdits, MaxBytes);
            Assert.True(file.Expected.AsSpan().SequenceEqual(patched.Content), $"patch, seed {seed}: {patched.Message}");
            Assert.True(file.Expected.AsSpan().SequenceEqual(byNumber.Content), $"lines, seed {seed}: {byNumber.Message}");
            var byText = FileEdits.Apply(file.Content, file.TextEdits, ToolWords.Default, MaxBytes);
            Assert.True(file.Expected.AsSpan().SequenceEqual(byText.Content), $"text, seed {seed}: {byText.Message}");
        }
    }

    /// <summary>A file of numbered lines, some of bytes that are no UTF-8, and changes of some of them.</summary>
    private sealed class GeneratedFile
    {
        public GeneratedFile(Random random)
        {
            var end = random.Next(3) == 0 ? "\r\n" : "\n";
            byte[] mark = random.Next(4) == 0 ? [0xEF, 0xBB, 0xBF] : [];
            var hasEnd = random.Next(3) > 0;
            var lines = Enumerable.Range(1, random.Next(2, 60)).Select(number => Line(random, number)).ToList();
            Content = Join(lines, mark, end, hasEnd);

            // The last line stays: whether a file that loses it keeps its lack of an end is a matter of taste.
            var patch = new StringBuilder("*** Begin Patch\n*** Update File: file\n");
            var changed = new List<byte[]>();
            var copied = 0;
            for (var at = random.Next(3); at < lines.Count - 1; at += 2 + random.Next(8))
            {
                var fresh = Enumerable.Range(0, random.Next(3)).Select(number => Encoding.UTF8.GetBytes($"new {at}.{number} ä🙂")).ToList();
                var before = Math.Max(copied, at - random.Next(3));
                patch.Append("@@\n");
                Append(patch, ' ', lines[before..at]);
                Append(patch, '-', [lines[at]]);
                Append(patch, '+', fresh);
                changed.AddRange(lines[copied..at]);
                changed.AddRange(fresh);
                copied = at + 1;
                LineEdits.Add(new LineEdit(at + 1, at + 1, Join(fresh, [], "\n", hasEnd: fresh.Count > 0)));
                TextEdits.Add(new FileEdit([.. lines[at], (byte)'\n'], Join(fresh, [], "\n", hasEnd: fresh.Count > 0), ReplaceAll: false));
            }

            if (LineEdits.Count == 0)
            {
                patch.Append("@@\n-").Append(Encoding.UTF8.GetString(lines[0])).Append("\n+first\n");
                changed.Add("first"u8.ToArray());
                copied = 1;
                LineEdits.Add(new LineEdit(1, 1, "first"u8.ToArray()));
                TextEdits.Add(new FileEdit(lines[0], "first"u8.ToArray(), ReplaceAll: false));
            }

            changed.AddRange(lines[copied..]);
            Patch = patch.Append("*** End Patch\n").ToString();
            Expected = Join(changed, mark, end, hasEnd);
        }

        public byte[] Content { get; }

        public byte[] Expected { get; }

        public string Patch { get; }

        public List<LineEdit> LineEdits { get; } = [];

        public List<FileEdit> TextEdits { get; } = [];

        private static byte[] Line(Random random, int number)
        {
            var bytes = new byte[random.Next(12)];
            random.NextBytes(bytes);
            return [.. Encoding.UTF8.GetBytes($"line {number}: "), .. bytes.Where(static value => value is not ((byte)'\n' or (byte)'\r')), (byte)'.'];
        }

        private static void Append(StringBuilder patch, char mark, IEnumerable<byte[]> lines)
        {
            foreach (var line in lines)
            {
                patch.Append(mark).Append(Encoding.UTF8.GetString(line)).Append('\n');
            }
        }

        private static byte[] Join(List<byte[]> lines, byte[] mark, string end, bool hasEnd)
        {
            var content = new MemoryStream();
            content.Write(mark);
            for (var i = 0; i < lines.Count; i++)
            {
                content.Write(lines[i]);
                if (i < lines.Count - 1 || hasEnd)
                {
                    content.Write(Encoding.ASCII.GetBytes(end));
                }
            }

            return content.ToArray();
        }
    }
}
