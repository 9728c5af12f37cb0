using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class OutputWindowTests
{
    private const int MaxChars = 30_000;

    [Theory]
    [InlineData("", "")]
    [InlineData("a\n", "a")]
    [InlineData("a\r\nb", "a\nb")]
    [InlineData("\x1B[1;31mred\x1B[0m\x1B[K", "red")]
    [InlineData("\x1B]8;;http://x\x1B\\link\x1B]8;;\a", "link")]
    [InlineData("\x1B]0;title\atext", "text")]
    [InlineData("\u001BPdevice\u001B\\\u001B(B\u001B7text", "text")]
    [InlineData("\x1B]never ends\nnext", "]never ends\nnext")]
    [InlineData("\x1B]never\x1B[1mends", "]neverends")]
    [InlineData("\x1B[31\nnext", "[31\nnext")]
    [InlineData("a\0b\bc\x1B", "a\uFFFDb\uFFFDc")]
    [InlineData(" 10%\r 50%\r100%\n", "100%")]
    [InlineData("100%\r\r\nnext\r", "100%\nnext")]
    [InlineData("10%\r\x1B[Kdone", "done")]
    [InlineData("a\n\n\nb\n\n", "a\n\n\nb")]
    [InlineData("ä\u009Bb", "ä\uFFFDb")]
    public void View_ShortOutput_IsCleanedHoweverItArrives(string output, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(output);

        Assert.Equal(expected, View(bytes).Text);
        for (var size = 1; size <= 3; size++)
        {
            Assert.Equal(expected, View(bytes, size).Text);
        }
    }

    [Fact]
    public void View_InvalidUtf8_IsReplaced() => Assert.Equal("a\uFFFDb\uFFFD", View([(byte)'a', 0xFF, (byte)'b', 0xE2, 0x82]).Text);

    [Theory]
    [InlineData("\x1B]*\rend\n", "end")]
    [InlineData("start\x1B]*\rend\r\n", "end")]
    [InlineData("\x1B]*\r*\r\rend", "end")]
    [InlineData("start\x1B]*\rtitle\a end", "start end")]
    public void View_HugeEscape_IsWhatItTurnsOutToBe(string output, string expected) =>
        Assert.Equal(expected, View(Encoding.UTF8.GetBytes(output.Replace("*", new string('x', 20_000), StringComparison.Ordinal)), 100).Text);

    [Fact]
    public void View_LongOutput_KeepsWholeLinesOfStartAndEndAndCountsTheRest()
    {
        var lines = Enumerable.Range(1, 10_000).Select(static number => $"line {number}").ToList();

        var view = View(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));

        var text = view.Text.Split('\n');
        var notice = Array.FindIndex(text, static line => line.StartsWith("[...", StringComparison.Ordinal));
        var shownAtEnd = text.Length - notice - 1;
        Assert.Equal(lines.Take(notice), text[..notice]);
        Assert.Equal(lines.TakeLast(shownAtEnd), text[(notice + 1)..]);
        Assert.Equal($"[... lines {notice + 1} to {10_000 - shownAtEnd} of 10000 left out ...]", text[notice]);
        Assert.Equal((notice + 1, 10_000 - shownAtEnd, 10_000), (view.FirstOmitted, view.LastOmitted, view.Lines));
        Assert.InRange(text[..notice].Sum(static line => line.Length + 1), 9_900, 10_000);
        Assert.InRange(text[(notice + 1)..].Sum(static line => line.Length + 1), 19_900, 20_000);
    }

    [Theory]
    [InlineData(5_000)]
    [InlineData(14_000)]
    [InlineData(20_000)]
    [InlineData(2_000_000)]
    public void View_AnyLength_ShowsTheNumbersOfItsLines(int count)
    {
        var view = View(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, count).Select(static number => $"{number}\n"))), 4096);

        var numbers = view.Text.Split('\n').Where(static line => line[0] != '[').Select(int.Parse).ToList();
        var omitted = view.FirstOmitted == 0 ? [] : Enumerable.Range((int)view.FirstOmitted, (int)(view.LastOmitted - view.FirstOmitted + 1));
        Assert.Equal(Enumerable.Range(1, count), numbers.Concat(omitted).Order());
        Assert.Equal(count, view.Lines);
        Assert.InRange(view.Text.Length, Math.Min(20_000, count), MaxChars + 100);
    }

    [Fact]
    public void View_EndlessLine_IsCutBetweenCharactersAndItsBytesAreCounted()
    {
        var output = "x" + string.Concat(Enumerable.Repeat("🙂", 100_000));

        var view = View(Encoding.UTF8.GetBytes(output), 1000);

        Assert.EndsWith("🙂… [line of 400001 bytes cut at 2000 characters]", view.Text, StringComparison.Ordinal);
        Assert.InRange(view.Text.Length, 2_000, 2_060);
        Assert.Equal((1, true, 400_001), (view.CutLines, view.IsTruncated, view.TotalBytes));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    public void View_SmallBudget_ShowsStartAndEndAllTheSame(int maxChars)
    {
        var window = new OutputWindow(maxChars * 3, 2_000);
        window.Append(Encoding.UTF8.GetBytes($"first{new string('x', 5_000)}\n{new string('y', 5_000)}\nlast\n"));

        var text = window.GetView().Text;

        Assert.StartsWith("first", text, StringComparison.Ordinal);
        Assert.EndsWith("last", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 1, (maxChars * 3) + 60);
    }

    [Fact]
    public void View_SeededOutputs_StayInBoundsHoldNoControlCharactersAndDoNotDependOnThePieces()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 200; round++)
        {
            var output = string.Create(random.Next(0, 80_000), random, static (span, random) =>
            {
                const string Alphabet = "ab \t\r\n\0\x1B[]0;m\aä🙂\u0090\\";
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = Alphabet[random.Next(Alphabet.Length)];
                }
            });
            var bytes = Encoding.UTF8.GetBytes(output);

            var view = View(bytes, random.Next(1, 5_000));

            Assert.Equal(View(bytes).Text, view.Text);
            Assert.Equal(bytes.Length, view.TotalBytes);
            Assert.InRange(view.Text.Length, 0, MaxChars + 100);
            Assert.DoesNotContain(view.Text, static character => char.IsControl(character) && character is not ('\t' or '\n'));
        }
    }

    [Theory]
    [InlineData("one line")]
    [InlineData("many lines")]
    [InlineData("escapes")]
    [InlineData("random bytes")]
    public void Append_HugeOutput_NeedsNoMemoryForIt(string kind)
    {
        var random = new Random(1);
        var piece = new byte[64 * 1024];
        switch (kind)
        {
            case "one line":
                piece.AsSpan().Fill((byte)'x');
                break;
            case "many lines":
                Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789abcde\n", 4096))).CopyTo(piece, 0);
                break;
            case "escapes":
                Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("\x1B[31mred\x1B[0m \r\n", 8192))).AsSpan(0, piece.Length).CopyTo(piece);
                break;
            default:
                random.NextBytes(piece);
                break;
        }

        var pieces = TestSize.Of(ci: 64, full: 1024) * 16;
        var window = new OutputWindow(MaxChars, 2_000);
        window.Append(piece);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 1; count < pieces; count++)
        {
            window.Append(piece);
        }

        var view = window.GetView();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1024 * 1024);
        Assert.Equal((long)pieces * piece.Length, view.TotalBytes);
        Assert.InRange(view.Text.Length, 1, MaxChars + 100);
    }

    private static OutputView View(byte[] bytes, int pieceSize = int.MaxValue)
    {
        var window = new OutputWindow(MaxChars, 2_000);
        foreach (var piece in bytes.Chunk(pieceSize))
        {
            window.Append(piece);
        }

        return window.GetView();
    }
}
