using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class GlobTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Glob_Pattern_FindsTheNewestFirst()
    {
        await ShellAsync("mkdir -p src/deep .git; touch -d '2020-01-01' src/old.py; touch -d '2024-01-01' src/deep/new.py; touch -d '2022-01-01' mid.py; touch a.txt .git/x.py src/.hidden.py -d '2019-01-01'");

        Assert.Equal("src/deep/new.py\nmid.py\nsrc/old.py\nsrc/.hidden.py", await CallAsync("glob", ("pattern", "**/*.py")));
        Assert.Equal("src/old.py\nsrc/.hidden.py", await CallAsync("glob", ("pattern", "src/*.py")));
        Assert.Equal("/work/src/deep/new.py\n/work/src/old.py\n/work/src/.hidden.py", await CallAsync("glob", ("pattern", "**/*.{py,js}"), ("path", "/work/src")));
        Assert.Equal("/work/src/deep/new.py", await CallAsync("glob", ("pattern", "/work/**/n?w.py"), ("path", "/elsewhere")));
        Assert.Equal(".git/x.py", await CallAsync("glob", ("pattern", ".git/*")));
    }

    [Fact]
    public async Task Glob_HostileNames_AreShownOnALineEach()
    {
        await ShellAsync("mkdir 'a b' && touch 'a b/-x' 'a b/new\nline' 'a b/$(touch x)' && touch 'a b/[id].ts'");

        var lines = (await CallAsync("glob", ("pattern", "a b/**"))).Split('\n');

        Assert.Equal([@"$'a b/new\nline'", "a b/$(touch x)", "a b/-x", "a b/[id].ts"], lines.Order(StringComparer.Ordinal));
        Assert.Equal("a b/[id].ts", await CallAsync("glob", ("pattern", "**/[id].ts")));
    }

    [Fact]
    public async Task Glob_ManyFiles_SaysHowManyThereAre()
    {
        await ShellAsync("mkdir many; cd many; seq -f 'f%05g' 1 5000 | xargs touch");

        var lines = (await CallAsync("glob", ("pattern", "many/*"))).Split('\n');

        Assert.Equal(201, lines.Length);
        Assert.Equal("(the newest 200 of 5000 files; narrow the pattern or the path for others)", lines[^1]);
    }

    [Fact]
    public async Task Glob_NothingOrNowhere_IsSaid()
    {
        await ShellAsync("touch file");

        Assert.Equal("(no file matches '*.cs')", await CallAsync("glob", ("pattern", "*.cs")));
        Assert.StartsWith("Error: The directory 'no/where' does not exist", await CallAsync("glob", ("pattern", "*"), ("path", "no/where")), StringComparison.Ordinal);
        Assert.Contains("is a file", await CallAsync("glob", ("pattern", "*"), ("path", "file")), StringComparison.Ordinal);
        Assert.Contains("pattern is empty", await CallAsync("glob", ("pattern", "")), StringComparison.Ordinal);
        Assert.Contains("more than 64", await CallAsync("glob", ("pattern", string.Concat(Enumerable.Repeat("{a,b}", 7)))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Glob_FromTheRoot_LeavesTheKernelsFilesOut()
    {
        var text = await CallAsync("glob", ("pattern", "/**/{status,passwd}"));

        Assert.Contains("/etc/passwd", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/proc/", text, StringComparison.Ordinal);
    }
}
