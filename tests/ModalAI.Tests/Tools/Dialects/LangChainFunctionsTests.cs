using Microsoft.Extensions.AI;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Dialects;

public sealed class LangChainFunctionsTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    private static readonly ModalSandboxToolOptions LangChain = new() { Dialect = ModalToolDialect.LangChain };

    private ModalSandboxTools Set => field ??= new ModalSandboxTools(Sandbox, LangChain);

    [Fact]
    public void Set_HasTheEightFunctions()
    {
        Assert.Equal(["ls", "read_file", "write_file", "edit_file", "delete", "glob", "grep", "execute"], Set.Select(static tool => tool.Name));
        Assert.Equal(["ls", "read_file", "glob", "grep"], Set.Where(static tool => tool.GetService<ModalSandboxToolInfo>()!.IsReadOnly).Select(static tool => tool.Name));
    }

    [Fact]
    public async Task Files_WrittenEditedListedAndDeleted_AreAsTheCallsSay()
    {
        await ShellAsync("mkdir -p /work/old/deep; touch /work/old/deep/file");

        await CallAsync(Set, "write_file", ("file_path", "src/a.txt"), ("content", "one\ntwo\n"));
        await CallAsync(Set, "edit_file", ("file_path", "/work/src/a.txt"), ("old_string", "two"), ("new_string", "2"));
        await CallAsync(Set, "write_file", ("file_path", "b.txt"), ("content", "x"));
        await CallAsync(Set, "write_file", ("file_path", "b.txt"), ("content", "again"));

        Assert.Equal("one\n2\n", await ShellAsync("cat /work/src/a.txt"));
        Assert.Equal("b.txt (5 bytes)\nold/\nsrc/", await CallAsync(Set, "ls"));
        Assert.Contains("work/", await CallAsync(Set, "ls", ("path", "/")), StringComparison.Ordinal);
        Assert.Equal("deleted directory 'old'", await CallAsync(Set, "delete", ("file_path", "old")));
        Assert.Equal("b.txt\nsrc\n", await ShellAsync("ls /work"));
    }

    [Fact]
    public async Task ReadFile_OffsetLeavesLinesOut_AndTheAnswerCountsAsTheArgumentDoes()
    {
        await ShellAsync("seq 1 10 > /work/numbers");

        var first = await CallAsync(Set, "read_file", ("file_path", "numbers"), ("limit", 4));
        var rest = await CallAsync(Set, "read_file", ("file_path", "numbers"), ("offset", 4));

        Assert.StartsWith("     1\t1\n", first, StringComparison.Ordinal);
        Assert.Contains("offset=4", first, StringComparison.Ordinal);
        Assert.StartsWith("     5\t5\n", rest, StringComparison.Ordinal);
        Assert.Contains("\n    10\t10", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grep_Pattern_IsTextAndNoExpression()
    {
        await ShellAsync("printf 'f(x) [a]\\nfx a\\n' > /work/a.py; printf 'f(x) [a]\\n' > /work/b.txt");

        Assert.Equal(["a.py", "b.txt"], (await CallAsync(Set, "grep", ("pattern", "f(x) [a]"))).Split('\n').Order());
        Assert.Equal("a.py", await CallAsync(Set, "grep", ("pattern", "f(x"), ("glob", "*.py")));
        Assert.Equal("a.py:1:f(x) [a]", await CallAsync(Set, "grep", ("pattern", "(x)"), ("path", "a.py"), ("output_mode", "content")));
        Assert.Contains("\n(only the first 1 files are shown", await CallAsync(Set, "grep", ("pattern", "f(x)"), ("max_count", 1)), StringComparison.Ordinal);
        Assert.Contains("no match", await CallAsync(Set, "grep", ("pattern", "f.x")), StringComparison.Ordinal);
        Assert.Contains("output_mode is 'lines'", await CallAsync(Set, "grep", ("pattern", "x"), ("output_mode", "lines")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Glob_Pattern_FindsFilesByName()
    {
        await ShellAsync("mkdir -p /work/src; touch /work/src/a.py /work/src/b.txt");

        Assert.Equal("src/a.py", await CallAsync(Set, "glob", ("pattern", "**/*.py")));
        Assert.Equal("/work/src/b.txt", await CallAsync(Set, "glob", ("pattern", "*.txt"), ("path", "/work/src")));
    }

    [Fact]
    public async Task Execute_Command_AnswersWithExitCodeThenBothStreams()
    {
        Assert.Equal("exit code 3\nout\nerr", await CallAsync(Set, "execute", ("command", "echo out; echo err >&2; exit 3")));
    }

    [Fact]
    public async Task Execute_LongCommand_NeverGoesOnAsAJob()
    {
        var options = new ModalSandboxToolOptions { Dialect = ModalToolDialect.LangChain, YieldAfter = TimeSpan.FromMilliseconds(1) };

        Assert.Equal("exit code 0\ndone", await CallAsync(new ModalSandboxTools(Sandbox, options), "execute", ("command", "sleep 1; echo done")));
    }

    [Fact]
    public async Task Execute_TimeLimit_IsInSecondsAndNamedAsItsArgument()
    {
        var text = await CallAsync(Set, "execute", ("command", "echo before; sleep 60"), ("timeout", 1));

        Assert.StartsWith("timed out: killed after 1 s", text, StringComparison.Ordinal);
        Assert.Contains("give a longer timeout, at most 600, or do less at once", text, StringComparison.Ordinal);
        Assert.Equal("Error: execute was not run: timeout is 0; it has to be from 1 to 600.", await CallAsync(Set, "execute", ("command", "true"), ("timeout", 0)));
    }

    [Fact]
    public async Task Execute_HugeOutput_PointsToTheFunctionsOfTheSet()
    {
        var text = await CallAsync(Set, "execute", ("command", "seq 1 100000"));

        Assert.Contains(".log: use grep or read_file on that file, do not run the command again for it", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_NameTheFunctionsOfTheSet()
    {
        await ShellAsync("mkdir -p /work/src; printf '\\000\\001' > /work/binary");

        Assert.Contains("Use ls for directories", await CallAsync(Set, "read_file", ("file_path", "src")), StringComparison.Ordinal);
        Assert.Contains("Use read_file for files", await CallAsync(Set, "ls", ("path", "binary")), StringComparison.Ordinal);
        Assert.Contains("Use execute to look into it", await CallAsync(Set, "read_file", ("file_path", "binary")), StringComparison.Ordinal);
        Assert.Contains("file_path is empty", await CallAsync(Set, "delete", ("file_path", "")), StringComparison.Ordinal);
        Assert.StartsWith("Error: Nothing was deleted", await CallAsync(Set, "delete", ("file_path", "/")), StringComparison.Ordinal);
        Assert.Contains("working directory", await CallAsync(Set, "delete", ("file_path", "/work")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadFile_Image_IsShownWhereTheClientCarriesIt()
    {
        await ShellAsync("printf '\\211PNG\\r\\n\\032\\n\\000\\000\\000\\rIHDR' > /work/image.png");
        var set = new ModalSandboxTools(Sandbox, new ModalSandboxToolOptions { Dialect = ModalToolDialect.LangChain, InlineMedia = true });
        var read = set.OfType<AIFunction>().Single(static tool => tool.Name == "read_file");

        var contents = Assert.IsType<IEnumerable<AIContent>>(
            await read.InvokeAsync(new AIFunctionArguments { ["file_path"] = "image.png" }, TestTimeout.Token), exactMatch: false);

        Assert.Equal("image/png", Assert.Single(contents.OfType<DataContent>()).MediaType);
    }
}
