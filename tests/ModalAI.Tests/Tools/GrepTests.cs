using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class GrepTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Grep_EachMode_AnswersInItsWay()
    {
        await ShellAsync("mkdir -p src .git; printf 'one\\nTwo 22\\n' >src/a.py; printf 'two 2\\ntwo\\n' >src/b.txt; echo two >.git/config; printf 'two\\0' >binary");

        Assert.Equal("src/b.txt", await CallAsync("grep", ("pattern", "two")));
        Assert.Equal(["src/a.py", "src/b.txt"], (await CallAsync("grep", ("pattern", "two"), ("ignore_case", true))).Split('\n').Order());
        Assert.Equal("src/b.txt:1:two 2", await CallAsync("grep", ("pattern", @"^two \d$"), ("output_mode", "content")));
        Assert.Equal("src/b.txt:2", await CallAsync("grep", ("pattern", "two"), ("output_mode", "count")));
        Assert.Equal("src/a.py", await CallAsync("grep", ("pattern", "two"), ("glob", "*.{py,js}"), ("ignore_case", true)));
        Assert.Equal("src/a.py", await CallAsync("grep", ("pattern", "one"), ("glob", "src/**/*.py")));
        Assert.Equal("/work/src/a.py:1:one", await CallAsync("grep", ("pattern", "one"), ("path", "/work/src/a.py"), ("output_mode", "content")));
        Assert.Equal("(no match for 'three')", await CallAsync("grep", ("pattern", "three")));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    public async Task Grep_InvalidPattern_IsSaid(string pattern)
    {
        await ShellAsync("echo x >file");

        Assert.StartsWith("Error: grep failed: ", await CallAsync("grep", ("pattern", pattern)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-e")]
    [InlineData("--help")]
    [InlineData("$(touch /tmp/x)")]
    [InlineData("' \"")]
    public async Task Grep_HostilePatternAndPath_AreNothingElse(string text)
    {
        await Sandbox.Files.WriteAllTextAsync($"/work/{text}/file", $"{text}\n", TestTimeout.Token);
        var pattern = System.Text.RegularExpressions.Regex.Escape(text).Replace("\\ ", " ", StringComparison.Ordinal);

        Assert.Equal($"{text}/file:1:{text}", await CallAsync("grep", ("pattern", pattern), ("path", text), ("output_mode", "content")));
        Assert.False(await Sandbox.Files.ExistsAsync("/tmp/x", TestTimeout.Token));
    }

    [Fact]
    public async Task Grep_ManyMatches_AreCutAndSaid()
    {
        await ShellAsync("seq 1 100000 >numbers");

        var lines = (await CallAsync("grep", ("pattern", "."), ("output_mode", "content"))).Split('\n');

        Assert.Equal(101, lines.Length);
        Assert.StartsWith("(only the first 100 matching lines are shown", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grep_EndlessLine_IsCut()
    {
        await ShellAsync("head -c 3000000 /dev/zero | tr '\\000' x >minified");

        var text = await CallAsync("grep", ("pattern", "x"), ("output_mode", "content"));

        Assert.EndsWith("[line cut at 500 characters]", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 500, 600);
    }

    [Fact]
    public async Task Grep_PipesAndMissingPaths_DoNotHang()
    {
        await ShellAsync("mkfifo pipe; echo x >file");

        Assert.Equal("file", await CallAsync("grep", ("pattern", "x")));
        Assert.Contains("not a regular file", await CallAsync("grep", ("pattern", "x"), ("path", "pipe")), StringComparison.Ordinal);
        Assert.StartsWith("Error: 'gone' does not exist", await CallAsync("grep", ("pattern", "x"), ("path", "gone")), StringComparison.Ordinal);
        Assert.Contains("output_mode", await CallAsync("grep", ("pattern", "x"), ("output_mode", "lines")), StringComparison.Ordinal);
        Assert.Contains("several lines", await CallAsync("grep", ("pattern", "x\ny")), StringComparison.Ordinal);
    }
}
