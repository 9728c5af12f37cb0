using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class OutputTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a\n", "a")]
    [InlineData("a\r\nb", "a\nb")]
    [InlineData("\x1B[1;31mred\x1B[0m\x1B[K", "red")]
    [InlineData("\x1B]8;;http://x\x1B\\link\x1B]8;;\a", "link")]
    [InlineData("\x1B]never ends\nnext", "]never ends\nnext")]
    [InlineData("\x1B[31\nnext", "[31\nnext")]
    [InlineData("a\0b\bc\x1B", "a\uFFFDb\uFFFDc")]
    public void Fit_ShortOutput_IsCleaned(string output, string expected)
    {
        Assert.Equal(expected, OutputText.Fit(output, totalBytes: null));
    }

    [Fact]
    public void Fit_LongOutput_KeepsWholeLinesOfStartAndEndAndCountsTheRest()
    {
        var lines = Enumerable.Range(1, 10_000).Select(number => $"line {number}").ToList();

        var text = OutputText.Fit(string.Join('\n', lines) + "\n", totalBytes: null).Split('\n');

        var notice = Array.FindIndex(text, line => line.StartsWith("[...", StringComparison.Ordinal));
        var shownAtEnd = text.Length - notice - 1;
        Assert.Equal(lines.Take(notice), text[..notice]);
        Assert.Equal(lines.TakeLast(shownAtEnd), text[(notice + 1)..]);
        Assert.StartsWith($"[... lines {notice + 1} to {10_000 - shownAtEnd} of 10000 left out. ", text[notice], StringComparison.Ordinal);
        Assert.InRange(text[..notice].Sum(line => line.Length + 1), 9_900, 10_000);
        Assert.InRange(text[(notice + 1)..].Sum(line => line.Length + 1), 19_900, 20_000);
    }

    [Fact]
    public void Fit_OutputWhoseMiddleIsLost_CountsItsBytes()
    {
        var text = OutputText.Fit(string.Concat(Enumerable.Repeat("0123456789\n", 10_000)), totalBytes: 5_000_000_000);

        Assert.Contains("of 5000000000 bytes left out", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_EndlessLine_IsCutBetweenCharacters()
    {
        var text = OutputText.Fit("x" + string.Concat(Enumerable.Repeat("🙂", 100_000)), totalBytes: null);

        Assert.EndsWith("🙂… [line cut at 2000 characters]", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 2_000, 2_050);
    }

    [Fact]
    public void Fit_SeededOutputs_StayInBoundsAndHoldNoControlCharacters()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 200; round++)
        {
            var output = string.Create(random.Next(0, 80_000), random, (span, random) =>
            {
                const string Alphabet = "ab \t\r\n\0\x1B[]0;m\aä🙂";
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = Alphabet[random.Next(Alphabet.Length)];
                }
            });

            var text = OutputText.Fit(output, totalBytes: null);

            Assert.InRange(text.Length, 0, ToolLimits.OutputChars + 200);
            Assert.DoesNotContain(text, character => char.IsControl(character) && character is not ('\t' or '\n' or '\r'));
        }
    }
}
