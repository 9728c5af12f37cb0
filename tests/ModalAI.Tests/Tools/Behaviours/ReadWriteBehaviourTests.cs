using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools.Behaviours;

/// <summary>What agents count on when they read and write files: the right lines, every byte, and an answer for whatever stands in the way.</summary>
public sealed class ReadWriteBehaviourTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Theory]
    [InlineData(1, 2, "1 2", "(lines 1 to 2 of 5; for more: offset=3)")]
    [InlineData(0, 2, "1 2", "(lines 1 to 2 of 5; for more: offset=3)")]
    [InlineData(5, 1, "5", "(end of file, 5 lines)")]
    [InlineData(5, 100, "5", "(end of file, 5 lines)")]
    [InlineData(3, int.MaxValue, "3 4 5", "(end of file, 5 lines)")]
    public async Task Read_PartOfAFile_GivesThoseLines(int offset, int limit, string lines, string end)
    {
        await ShellAsync("seq 5 >with; printf '1\\n2\\n3\\n4\\n5' >without");
        var expected = string.Concat(lines.Split(' ').Select(static line => $"     {line}\t{line}\n")) + end;

        Assert.Equal(expected, await CallAsync("read", ("file_path", "with"), ("offset", offset), ("limit", limit)));
        Assert.Equal(expected, await CallAsync("read", ("file_path", "without"), ("offset", offset), ("limit", limit)));
    }

    [Theory]
    [InlineData(6, 1, "is beyond the end of 'file', which has 5 lines. Give a number from 1 to 5.")]
    [InlineData(int.MaxValue, 1, "is beyond the end of 'file', which has 5 lines. Give a number from 1 to 5.")]
    [InlineData(1, 0, "limit is 0; it has to be 1 or more.")]
    [InlineData(-1, 5, "offset is -1; it has to be 0 or more.")]
    public async Task Read_PartThatIsNotThere_GivesNoLines(int offset, int limit, string expected)
    {
        await ShellAsync("printf 'one\\ntwo\\nthree\\nfour\\nfive' >file");

        var text = await CallAsync("read", ("file_path", "file"), ("offset", offset), ("limit", limit));

        Assert.StartsWith("Error: ", text, StringComparison.Ordinal);
        Assert.EndsWith(expected, text, StringComparison.Ordinal);
        Assert.DoesNotContain("one", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n", 1)]
    [InlineData("\n\n\n\n\n", 5)]
    [InlineData("\n\n\nx", 4)]
    public async Task Read_EmptyLines_AreLines(string content, int lines)
    {
        await Sandbox.Files.WriteAllTextAsync("/work/file", content, TestTimeout.Token);

        var text = await CallAsync("read", ("file_path", "file"));

        Assert.Equal(lines + 1, text.Split('\n').Length);
        Assert.EndsWith($"(end of file, {(lines == 1 ? "1 line" : $"{lines} lines")})", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_CharactersThatOtherProgramsTakeForLineEnds_EndNoLine()
    {
        await Sandbox.Files.WriteAllTextAsync("/work/file", "a\u2028b\u2029c\u0085d\n👩‍👩‍👧 世界 שלום é\n", TestTimeout.Token);

        Assert.StartsWith("     1\ta\uFFFDb\uFFFDc\uFFFDd\n     2\t👩‍👩‍👧 世界 שלום é\n(end of file, 2 lines)", await CallAsync("read", ("file_path", "file")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_LongLineAmongOthers_IsCutAndTheOthersAreThere()
    {
        await Sandbox.Files.WriteAllTextAsync("/work/file", $"before\n{string.Concat(Enumerable.Repeat("🙂", 3000))}\nafter\n", TestTimeout.Token);

        var lines = (await CallAsync("read", ("file_path", "file"))).Split('\n');

        Assert.Equal(("     1\tbefore", "     3\tafter"), (lines[0], lines[2]));
        Assert.Equal($"     2\t{string.Concat(Enumerable.Repeat("🙂", 1000))}… [line cut at 2000 characters]", lines[1]);
    }

    [Fact]
    public async Task Read_AllBytesThereAre_IsABinaryFile()
    {
        await Sandbox.Files.WriteAllBytesAsync("/work/file", Enumerable.Range(0, 256).Select(static value => (byte)value).ToArray(), TestTimeout.Token);

        Assert.StartsWith("Error: 'file' is a binary file of 256 bytes.", await CallAsync("read", ("file_path", "file")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/work//dir///file")]
    [InlineData("./dir/./file")]
    [InlineData("dir/../dir/file")]
    [InlineData("../work/dir/file")]
    [InlineData("to-dir/file")]
    public async Task AllTools_SamePathWrittenOtherwise_MeanTheSameFile(string path)
    {
        await ShellAsync("mkdir dir; ln -s dir to-dir");

        Assert.StartsWith("created ", await CallAsync("write", ("file_path", path), ("content", "old\n")), StringComparison.Ordinal);
        Assert.StartsWith("edited ", await CallAsync("edit", ("file_path", path), ("old_string", "old"), ("new_string", "new")), StringComparison.Ordinal);
        Assert.StartsWith("     1\tnew\n", await CallAsync("read", ("file_path", path)), StringComparison.Ordinal);
        Assert.Equal($"{path}:1:new", await CallAsync("grep", ("pattern", "new"), ("path", path), ("output_mode", "content")));
        Assert.Equal("new\n", await ShellAsync("cat /work/dir/file"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\n\n\n")]
    [InlineData("no end")]
    [InlineData("$VAR `command` $(subshell) 'single' \"double\" \\ \\n \\\\ ! # & ; | < > * ? [x] {a,b} ~ % ^ \t")]
    [InlineData("EOF\nEND\n'EOF'\nHEREDOC\n")]
    [InlineData("你好 🌍 مرحبا Привет e\u0301\r\nmixed\nends\r")]
    [InlineData("-n\n--help\n@file\n=x\n")]
    public async Task Write_Content_ComesBackAsItWas(string content)
    {
        await CallAsync("write", ("file_path", "over"), ("content", "what was there before, and is longer than anything that follows it here"));

        await CallAsync("write", ("file_path", "new/file"), ("content", content));
        await CallAsync("write", ("file_path", "over"), ("content", content));

        Assert.Equal(Encoding.UTF8.GetBytes(content), await Sandbox.Files.ReadAllBytesAsync("/work/new/file", cancellationToken: TestTimeout.Token));
        Assert.Equal(Encoding.UTF8.GetBytes(content), await Sandbox.Files.ReadAllBytesAsync("/work/over", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task AllTools_LinksThatLeadNowhere_AreSaidOrWrittenThrough()
    {
        await ShellAsync("ln -s loop loop; ln -s b a; ln -s a b; ln -s gone dangling; ln -s no/such/place far; mkdir dir; ln -s dir to-dir");

        foreach (var loop in new[] { "loop", "a" })
        {
            Assert.Contains("symbolic link to", await CallAsync("read", ("file_path", loop)), StringComparison.Ordinal);
            Assert.StartsWith("Error: ", await CallAsync("write", ("file_path", loop), ("content", "x")), StringComparison.Ordinal);
            Assert.StartsWith("Error: ", await CallAsync("edit", ("file_path", loop), ("old_string", "x"), ("new_string", "y")), StringComparison.Ordinal);
            Assert.StartsWith("Error: ", await CallAsync("read", ("file_path", $"{loop}/below")), StringComparison.Ordinal);
        }

        Assert.StartsWith("Error: ", await CallAsync("write", ("file_path", "far"), ("content", "x")), StringComparison.Ordinal);
        Assert.Contains("is a directory", await CallAsync("write", ("file_path", "to-dir"), ("content", "x")), StringComparison.Ordinal);
        Assert.StartsWith("created 'dangling'", await CallAsync("write", ("file_path", "dangling"), ("content", "through")), StringComparison.Ordinal);
        Assert.Equal("through loop b a no/such/place gone dir\n", await ShellAsync("echo $(cat gone) $(readlink loop a b far dangling to-dir)"));
    }

    [Fact]
    public async Task Write_NamesAtTheLimit_AreTakenOrRefused()
    {
        var longest = new string('n', 255);
        var deep = string.Join('/', Enumerable.Repeat(new string('d', 200), 15));

        Assert.StartsWith("created ", await CallAsync("write", ("file_path", $"{deep}/{longest}"), ("content", "text")), StringComparison.Ordinal);
        Assert.StartsWith("     1\ttext\n", await CallAsync("read", ("file_path", $"{deep}/{longest}")), StringComparison.Ordinal);
        Assert.StartsWith("Error: ", await CallAsync("write", ("file_path", $"{longest}n"), ("content", "text")), StringComparison.Ordinal);
        Assert.Contains("bytes; at most 4095 are taken", await CallAsync("write", ("file_path", $"{deep}/{deep}"), ("content", "text")), StringComparison.Ordinal);
    }

    [Fact]
    public void AllTools_WithoutPermission_SayHowToSeeWhoseItIs()
    {
        // Commands run as root here, who may read and write everything.
        var reply = new ToolAnswer("denied", "", "", Result: null).DescribeFailure("file", "read", ToolWords.Default);

        Assert.Equal(ToolFailure.Denied, reply.Failure);
        Assert.Equal("Error: The sandbox's user has no permission for 'file'. Use bash (ls -l) to see whose it is.", reply.Text);
    }

    [Fact]
    public async Task AllTools_OneAfterAnother_WorkOnTheSameFiles()
    {
        Assert.Equal("created 'app/main.py' (2 lines, 27 bytes)", await CallAsync("write", ("file_path", "app/main.py"), ("content", "import sys\nprint(sys.argv)\n")));
        Assert.Contains("print(sys.argv)", await CallAsync("read", ("file_path", "app/main.py")), StringComparison.Ordinal);
        Assert.StartsWith("edited ", await CallAsync("edit", ("file_path", "app/main.py"), ("old_string", "sys.argv"), ("new_string", "len(sys.argv)")), StringComparison.Ordinal);
        Assert.StartsWith("exit code 0", await CallAsync("bash", ("command", "grep -n len app/main.py; cp app/main.py app/copy.py; echo '# more' >>app/copy.py")), StringComparison.Ordinal);
        Assert.Equal(["app/copy.py", "app/main.py"], (await CallAsync("grep", ("pattern", @"len\("))).Split('\n').Order(StringComparer.Ordinal));
        Assert.Equal(["app/copy.py", "app/main.py"], (await CallAsync("glob", ("pattern", "**/*.py"))).Split('\n').Order(StringComparer.Ordinal));
        Assert.EndsWith("# more\n(end of file, 3 lines)", await CallAsync("read", ("file_path", "app/copy.py")), StringComparison.Ordinal);
        Assert.Equal("exit code 0\n(no output)", await CallAsync("bash", ("command", "rm -r app")));
        Assert.Equal("(no file matches '**/*.py')", await CallAsync("glob", ("pattern", "**/*.py")));
    }

    [Fact]
    public async Task Delete_ThroughLinksAndOddNames_RemovesThatNameAlone()
    {
        var files = new FileToolContext(Sandbox);
        await ShellAsync("mkdir -p real/sub; touch real/file real/sub/file keep \"$(printf 'end\\nx')\" ' ' ./-r; ln -s real link; ln -s ../keep real/out; mkdir \"$(printf 'd\\n.')\"");

        foreach (var (path, recursive) in new[] { ("link/file", false), ("real/sub", true), ("real/out", false), ("link", true), ("end\nx", false), (" ", false), ("-r", false), ("d\n.", true) })
        {
            var reply = await DeleteTool.RunAsync(files, path, recursive, TestTimeout.Token);
            Assert.True(reply.Failure is null, reply.Text);
        }

        Assert.Equal("keep\nreal\n", await ShellAsync("ls -A; ls -A real"));
        Assert.Equal(ToolFailure.NotFound, (await DeleteTool.RunAsync(files, "keep/below", recursive: true, TestTimeout.Token)).Failure);
        Assert.Equal(ToolFailure.NotFound, (await DeleteTool.RunAsync(files, "gone", recursive: true, TestTimeout.Token)).Failure);
    }
}
