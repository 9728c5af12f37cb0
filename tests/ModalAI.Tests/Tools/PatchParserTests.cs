using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;
using ModalAI.Tools.Patches;

namespace ModalAI.Tests.Tools;

public sealed class PatchParserTests
{
    /// <summary>Where each of them is compared with all that follow, this takes hours.</summary>
    [Fact]
    public async Task TryParse_AMillionBlankLines_TakesNoLongerThanOthers()
    {
        var patch = $"*** Begin Patch\n*** Update File: a\n@@\n-a\n{new string('\n', 1_000_000)}+b\n*** End Patch";

        Assert.True(await Task.Run(() => PatchParser.TryParse(patch, out _, out _)).WaitAsync(TestTimeout.Duration));
    }

    [Theory]
    [InlineData("", "it ends after line 1, where '*** Begin Patch' should follow")]
    [InlineData("--- a\n+++ b", "line 1 should be '*** Begin Patch', but is '--- a'")]
    [InlineData("*** Begin Patch\n*** End Patch", "it changes nothing")]
    [InlineData("*** Begin Patch\n*** Add File: a\n+x", "it ends after line 3, where '*** Add File: PATH', '*** Update File: PATH', '*** Delete File: PATH' or '*** End Patch' should follow")]
    [InlineData("*** Begin Patch\n*** Add File: a\nx\n*** End Patch", "line 3 should be a line of the new file, with '+' in front of it")]
    [InlineData("*** Begin Patch\n*** Add File:\n+x\n*** End Patch", "line 2 should be '*** Add File: PATH', but is '*** Add File:'")]
    [InlineData("*** Begin Patch\n*** Rename File: a\n*** End Patch", "line 2 should be '*** Add File: PATH'")]
    [InlineData("*** Begin Patch\n*** Update File: a\n*** End Patch", "line 3 should be '@@', or a line of the file with ' ', '-' or '+' in front of it")]
    [InlineData("*** Begin Patch\n*** Update File: a\nfoo\n*** End Patch", "line 3 should be a line of the file with ' ', '-' or '+' in front of it, but is 'foo'")]
    [InlineData("*** Begin Patch\n*** Update File: a\n-x\nfoo\n*** End Patch", "line 4 should be '@@' before the next change")]
    [InlineData("*** Begin Patch\n*** Update File: a\n@@\n x\n*** End Patch", "the change from line 3 on changes nothing")]
    [InlineData("*** Begin Patch\n*** Delete File: a\n*** End Patch\nmore", "line 4 should be nothing after '*** End Patch', but is 'more'")]
    public void TryParse_WrongPatch_SaysLineAndWhatWasExpected(string patch, string expected)
    {
        Assert.False(PatchParser.TryParse(patch, out _, out var problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("apply_patch <<'EOF'\n*** Begin Patch\n*** Delete File: a b \n*** End Patch\nEOF\n")]
    [InlineData("\n  *** Begin Patch  \n *** Delete File:  a b\n\n*** End Patch  \n\n")]
    [InlineData("*** Begin Patch\r\n*** Delete File: a b\r\n*** End Patch\r\n")]
    public void TryParse_HarmlessSlips_AreTaken(string patch)
    {
        Assert.True(PatchParser.TryParse(patch, out var files, out _));
        Assert.Equal("a b", Assert.IsType<PatchDelete>(Assert.Single(files)).Path);
    }

    [Theory]
    [InlineData("a\nb\nc\n", "@@\n a\n-b\n+x\n c", "a\nx\nc\n")]
    [InlineData("a\nb\nc\n", " a\n-b\n+x\n c", "a\nx\nc\n")]
    [InlineData("a  \n\tb\nc", " a\n-b\n+x", "a  \nx\nc")]
    [InlineData("say “hi” — now\nend\n", " say \"hi\" - now\n-end\n+END", "say “hi” — now\nEND\n")]
    [InlineData("class A\n x\nclass B\n x\n", "@@ class B\n- x\n+ y", "class A\n x\nclass B\n y\n")]
    [InlineData("class A\n def f\n  x\nclass B\n def f\n  x\n", "@@ class B\n@@  def f\n-  x\n+  y", "class A\n def f\n  x\nclass B\n def f\n  y\n")]
    [InlineData("x\ny\nx\ny\n", "@@\n x\n-y\n+z\n*** End of File", "x\ny\nx\nz\n")]
    [InlineData("a\nb\n", "@@\n+c", "a\nb\nc\n")]
    [InlineData("a\nb", "@@\n+c", "a\nb\nc")]
    [InlineData("a\nb\n", "@@ a\n+c", "a\nc\nb\n")]
    [InlineData("", "+c", "c\n")]
    [InlineData("a\n\nb\n", "@@\n a\n\n-b\n+c", "a\n\nc\n")]
    [InlineData("a\nb\nc\nd\n", "@@\n-a\n+1\n@@\n-c\n-d", "1\nb\n")]
    [InlineData("-a\n+b\n", "@@\n--a\n+++x", "++x\n+b\n")]
    [InlineData("a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c", "a\nc\n")]
    [InlineData("a\n", "-a", "")]
    public void Apply_Changes_AreMadeWhereTheyFit(string content, string chunks, string expected)
    {
        Assert.True(PatchParser.TryParse($"*** Begin Patch\n*** Update File: f\n{chunks}\n*** End Patch", out var files, out var problem), problem);

        var outcome = PatchChunks.Apply(Encoding.UTF8.GetBytes(content), Assert.IsType<PatchUpdate>(Assert.Single(files)).Chunks, ToolWords.Default, TestTimeout.Token);

        Assert.True(outcome.Content is not null, outcome.Message);
        Assert.Equal(expected, Encoding.UTF8.GetString(outcome.Content));
    }

    [Fact]
    public void Apply_LinesThatBeginEverywhere_AreSearchedForInOneGo()
    {
        var content = Encoding.UTF8.GetBytes(new string('\n', 1_000_000) + "b\n");
        var lines = Enumerable.Repeat((' ', ""), 500_000).Append(('-', " b")).ToList();

        var outcome = PatchChunks.Apply(content, [new PatchChunk(1, [], lines, IsAtEnd: false)], ToolWords.Default, TestTimeout.Token);

        Assert.Equal(1_000_000, outcome.Content!.Length);
    }

    [Fact]
    public void Apply_Cancelled_Ends() => Assert.ThrowsAny<OperationCanceledException>(
        () => PatchChunks.Apply("a\n"u8.ToArray(), [new PatchChunk(1, [], [('-', "a")], IsAtEnd: false)], ToolWords.Default, new CancellationToken(canceled: true)));
}
