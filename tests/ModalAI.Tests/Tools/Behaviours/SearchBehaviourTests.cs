using System.Globalization;
using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools.Behaviours;

/// <summary>What agents count on when they look for files and in them.</summary>
public sealed class SearchBehaviourTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Grep_LinesOfSeveralFiles_HaveTheirNumbers()
    {
        await ShellAsync("mkdir -p sub/deeper; seq -f 'Line %g' 100 >long; printf 'apple\\nbanana\\napple\\norange\\napple' >fruits; printf 'no\\n\\n\\napple' >sub/deeper/file");

        Assert.Equal("long:50:Line 50", await GrepAsync("Line 50"));
        Assert.Equal("fruits:1:apple\nfruits:3:apple\nfruits:5:apple\nsub/deeper/file:4:apple", string.Join('\n', (await GrepAsync("apple")).Split('\n').Order(StringComparer.Ordinal)));
        Assert.Equal("sub/deeper/file:4:apple", await GrepAsync("apple", ("glob", "**/deeper/*")));
        Assert.Equal("(no match for 'kiwi')", await GrepAsync("kiwi"));
    }

    [Fact]
    public async Task Grep_DirectoryWithoutFiles_HasNoMatch()
    {
        await ShellAsync("mkdir empty");

        Assert.Equal("(no match for 'x')", await GrepAsync("x", ("path", "empty")));
        Assert.Equal("(no match for 'x')", await GrepAsync("x"));
    }

    [Theory]
    [InlineData("Hello", false, "1")]
    [InlineData("hello", true, "1 2 3")]
    [InlineData("世界", false, "4")]
    [InlineData("[äö]l", false, "5 6")]
    [InlineData("ÖL", true, "6 7")]
    [InlineData("^ö?l$", false, "6")]
    [InlineData(@"\$100", false, "8")]
    [InlineData(@"\[a-z\]\*", false, "8")]
    [InlineData("str | int", false, "9")]
    [InlineData(@"str \| int", false, "9")]
    [InlineData("-- x", false, "10")]
    [InlineData("a:b", false, "10")]
    [InlineData(@"\t", false, "11")]
    [InlineData(@"\bword\b", false, "12")]
    [InlineData("(one|two){2}", false, "13")]
    public async Task Grep_Pattern_MatchesAsItSays(string pattern, bool ignoreCase, string lines)
    {
        string[] content = ["Hello", "hello", "HELLO", "Hi 世界", "äl ål", "öl", "Öl", "$100 [a-z]*", "str | int", "-- x a:b", "tab\there", "a word.", "onetwo"];
        await Sandbox.Files.WriteAllTextAsync("/work/file", string.Join('\n', content), TestTimeout.Token);

        var text = await GrepAsync(pattern, ("ignore_case", ignoreCase));

        Assert.Equal(
            string.Join('\n', lines.Split(' ').Select(line => $"file:{line}:{content[int.Parse(line, CultureInfo.InvariantCulture) - 1]}")), text);
    }

    [Fact]
    public async Task Grep_WordsOfUnicodeBesideOtherBytes_AreFound()
    {
        await Sandbox.Files.WriteAllBytesAsync("/work/latin", (byte[])[.. Encoding.Latin1.GetBytes("café first\né\n"), .. "größe\n"u8], TestTimeout.Token);

        Assert.Equal("latin:3:größe", await GrepAsync("gr[öo]ße"));
        Assert.EndsWith("first", await GrepAsync("first"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grep_PathsOfColonsSpacesAndLineEnds_AreTold()
    {
        await ShellAsync("mkdir 'a:1:b' 'with space'; echo hit >'a:1:b/c:2'; echo hit >'with space/f g'; echo hit >\"$(printf 'new\\nline')\"; echo hit >\"it's\"");

        var lines = (await GrepAsync("hit")).Split('\n').Order(StringComparer.Ordinal);

        Assert.Equal(["$'new\\nline':1:hit", "a:1:b/c:2:1:hit", "it's:1:hit", "with space/f g:1:hit"], lines);
    }

    [Fact]
    public async Task Grep_TreeWithLinksInACircle_HasAnEnd()
    {
        await ShellAsync("mkdir -p dir/sub; echo hit >dir/file; ln -s .. dir/sub/up; ln -s loop dir/loop; ln -s file dir/link; ln -s dir to-dir; mkfifo dir/pipe");

        Assert.Equal("dir/file", await CallAsync("grep", ("pattern", "hit")));
        Assert.Equal("to-dir/file", await CallAsync("grep", ("pattern", "hit"), ("path", "to-dir")));
        Assert.Equal(["dir/file", "dir/link", "dir/loop", "dir/pipe", "dir/sub/up", "to-dir"], (await CallAsync("glob", ("pattern", "**"))).Split('\n').Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("*.txt", "file1.txt file10.txt file2.txt fileA.txt")]
    [InlineData("**/*.txt", "file1.txt file10.txt file2.txt fileA.txt sub/deep/n.txt")]
    [InlineData("file?.txt", "file1.txt file2.txt fileA.txt")]
    [InlineData("file[1-2].txt", "file1.txt file2.txt")]
    [InlineData("file[!0-9].txt", "fileA.txt")]
    [InlineData("**/[id].ts", "sub/[id].ts sub/i.ts")]
    [InlineData("s[u]b/[id].ts", "sub/[id].ts sub/i.ts")]
    [InlineData(".*", ".hidden")]
    [InlineData("*", ".hidden file1.txt file10.txt file2.txt fileA.txt")]
    [InlineData("sub/**", "sub/[id].ts sub/deep/n.txt sub/i.ts sub/ii.ts")]
    [InlineData("**/deep/*", "sub/deep/n.txt")]
    [InlineData("FILE1.TXT", "")]
    [InlineData("sub", "")]
    public async Task Glob_Pattern_FindsTheFilesItNames(string pattern, string expected)
    {
        await ShellAsync("mkdir -p sub/deep empty; touch file1.txt file2.txt file10.txt fileA.txt .hidden sub/deep/n.txt 'sub/[id].ts' sub/i.ts sub/ii.ts");

        var text = await CallAsync("glob", ("pattern", pattern));

        Assert.Equal(expected.Length == 0 ? $"(no file matches '{pattern}')" : expected, string.Join(' ', text.Split('\n').Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Grep_PatternOfNamesWithBrackets_MeansBoth()
    {
        await ShellAsync("for name in 'a[12].c' a1.c a2.c a3.c; do echo hit >\"$name\"; done");

        Assert.Equal(["a1.c", "a2.c", "a[12].c"], (await CallAsync("grep", ("pattern", "hit"), ("glob", "a[12].c"))).Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task List_Directory_HasAllOfItsEntries()
    {
        await ShellAsync("mkdir -p many/sub; cd many; for i in $(seq 100 149); do touch file_$i.txt; done; touch .hidden 'with space' 'file(1).txt' 'file[2].txt' '测试文件.txt' 'файл.txt' \"it's\" '$x'");

        var reply = Assert.IsType<ListReply>(await ListTool.RunAsync(new FileToolContext(Sandbox), "many/", TestTimeout.Token));

        string[] others = [".hidden", "sub", "with space", "file(1).txt", "file[2].txt", "测试文件.txt", "файл.txt", "it's", "$x"];
        Assert.Equal(others.Concat(Enumerable.Range(100, 50).Select(static number => $"file_{number}.txt")).Order(StringComparer.Ordinal), reply.Entries.Select(static entry => entry.Name));
        Assert.Equal("sub", Assert.Single(reply.Entries, static entry => entry.IsDirectory).Name);
    }

    [Theory]
    [InlineData("'; touch ran; echo '")]
    [InlineData("$(touch ran)")]
    [InlineData("x\ntouch ran")]
    [InlineData("`touch ran`")]
    [InlineData("-exec touch ran ;")]
    public async Task AllTools_NameThatIsACommand_RunNothing(string name)
    {
        Assert.NotNull((await ListTool.RunAsync(new FileToolContext(Sandbox), name, TestTimeout.Token)).Failure);
        Assert.NotNull((await DeleteTool.RunAsync(new FileToolContext(Sandbox), name, recursive: true, TestTimeout.Token)).Failure);
        Assert.StartsWith("Error: ", await CallAsync("read", ("file_path", name)), StringComparison.Ordinal);
        Assert.StartsWith("Error: ", await CallAsync("edit", ("file_path", name), ("old_string", name), ("new_string", "x")), StringComparison.Ordinal);
        Assert.StartsWith("Error: ", await CallAsync("glob", ("pattern", "*"), ("path", name)), StringComparison.Ordinal);
        Assert.StartsWith("(no file matches ", await CallAsync("glob", ("pattern", name)), StringComparison.Ordinal);
        Assert.StartsWith("Error: ", await CallAsync("grep", ("pattern", "x"), ("path", name)), StringComparison.Ordinal);
        await CallAsync("grep", ("pattern", "x"), ("glob", name));
        await CallAsync("grep", ("pattern", name));

        Assert.Equal("", await ShellAsync("ls -A"));
    }

    private Task<string> GrepAsync(string pattern, params (string Name, object? Value)[] others) =>
        CallAsync("grep", [("pattern", pattern), ("output_mode", "content"), .. others]);
}
