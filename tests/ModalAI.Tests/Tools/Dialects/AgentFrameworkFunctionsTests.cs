using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using ModalAI.Tools;
using NSubstitute;

namespace ModalAI.Tests.Tools.Dialects;

public sealed class AgentFrameworkFunctionsTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    private const string All = "run_shell,execute_code,file_access_read,file_access_read_lines,file_access_write,file_access_replace,file_access_replace_lines,"
        + "file_access_delete,file_access_ls,file_access_grep";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Tools = new ModalSandboxTools(Sandbox, OfDialect(new()));
    }

    [Fact]
    public void Names_AreThoseOfTheFramework()
    {
        Assert.Equal(All.Split(','), Tools.Select(static tool => tool.Name));
        Assert.Equal(
            ["file_access_read", "file_access_read_lines", "file_access_ls", "file_access_grep"],
            Tools.Where(static tool => tool.GetService<ModalSandboxToolInfo>()!.IsReadOnly).Select(static tool => tool.Name));
    }

    [Fact]
    public async Task RunShell_Command_AnswersWithExitCodeThenBothStreams()
    {
        Assert.Equal("exit code 3\nout\nerr", await CallAsync("run_shell", ("command", "echo out; echo err >&2; exit 3")));
        Assert.Equal("Error: run_shell was not run: command is empty.", await CallAsync("run_shell", ("command", " ")));
    }

    [Fact]
    public async Task RunShell_LongCommand_RunsToItsLimitAndNeverAsAJob()
    {
        Tools = Create(new() { YieldAfter = TimeSpan.FromMilliseconds(1) }, TimeSpan.FromSeconds(2));

        Assert.Equal("exit code 0\nover", await CallAsync("run_shell", ("command", "sleep 0.5; echo over")));
        Assert.Equal(
            "timed out: killed after 2 s, its limit; its output until then is below, the sandbox and its files are as they were; do less at once\nbegun",
            await CallAsync("run_shell", ("command", "echo begun; sleep 300")));
        Assert.Empty(await Sandbox.Processes.ListAsync(TestTimeout.Token));
    }

    [SkippableFact]
    public async Task ExecuteCode_Code_AnswersWithExitCodeOutputAndValue()
    {
        await RequirePythonAsync();

        Assert.Equal("exit code 0\n1\n/work\n'value'", await CallAsync("execute_code", ("code", "import os\nprint(1)\nprint(os.getcwd())\n'val' + 'ue'")));
        Assert.Equal("exit code 0\n(no output)", await CallAsync("execute_code", ("code", "open('a.txt', 'w').write('x') and None")));
        Assert.Equal("x", await ShellAsync("cat /work/a.txt"));
        Assert.Equal(
            "exit code 0\nAgg cat []",
            await CallAsync("execute_code", ("code", "import os, sys\nprint(os.environ['MPLBACKEND'], os.environ['PAGER'], sys.stdin.readlines())")));
    }

    [SkippableFact]
    public async Task ExecuteCode_CodeThatFails_AnswersWithItsTraceback()
    {
        await RequirePythonAsync();

        Assert.Matches(
            """\Aexit code 1\nbefore\nTraceback \(most recent call last\):\n  File "code.py", line 2, in <module>\n    1 / 0\n[\s\S]*ZeroDivisionError: division by zero\Z""",
            await CallAsync("execute_code", ("code", "print('before', flush=True)\n1 / 0")));
        Assert.Equal("exit code 7\n(no output)", await CallAsync("execute_code", ("code", "import sys\nsys.exit(7)")));
    }

    [SkippableFact]
    public async Task ExecuteCode_PastTheLimits_IsCutAndKilled()
    {
        await RequirePythonAsync();
        Tools = Create(new() { MaxOutputChars = 2_000 }, TimeSpan.FromSeconds(2));

        var text = await CallAsync("execute_code", ("code", "for i in range(100000): print(i)\nimport time\ntime.sleep(300)"));

        Assert.StartsWith("timed out: killed after 2 s, its limit; ", text, StringComparison.Ordinal);
        Assert.Matches(@"all of the output is in /tmp/\.modalai/out/\S+\.log: use file_access_grep or file_access_read on that file, ", text);
        Assert.InRange(text.Length, 1_000, 2_700);
    }

    [Fact]
    public async Task ExecuteCode_CodeThatMakesNoSense_IsRefused()
    {
        Assert.Equal("Error: execute_code was not run: code is empty.", await CallAsync("execute_code", ("code", " \n")));
        Assert.Equal(
            "Error: execute_code was not run: code has 1048577 bytes; at most 1048576 are taken.", await CallAsync("execute_code", ("code", new string('#', 1024 * 1024 + 1))));
    }

    [Fact]
    public async Task Read_LongFile_PointsToTheLinesThatFollow()
    {
        await ShellAsync("seq 3000 >/work/long; printf 'a\\nb\\n' >/work/short");

        Assert.Equal("     1\ta\n     2\tb\n(end of file, 2 lines)", await CallAsync("file_access_read", ("fileName", "short")));
        Assert.EndsWith(
            "  2000\t2000\n(lines 1 to 2000 of 3000; for more: file_access_read_lines with startLine=2001)", await CallAsync("file_access_read", ("fileName", "long")), StringComparison.Ordinal);
        Assert.Equal(
            "Error: 'lost' does not exist (the working directory is '/work'). Nothing in its directory has a similar name. Use run_shell (find) to look for it.",
            await CallAsync("file_access_read", ("fileName", "lost")));
    }

    [Fact]
    public async Task ReadLines_Range_IsThatRange()
    {
        await ShellAsync("seq 9 >/work/file");

        Assert.Equal(
            "     3\t3\n     4\t4\n(lines 3 to 4 of 9; for more: file_access_read_lines with startLine=5)",
            await CallAsync("file_access_read_lines", ("fileName", "file"), ("startLine", "3"), ("endLine", 4)));
        Assert.Equal(
            "     9\t9\n(end of file, 9 lines)",
            await CallAsync("file_access_read_lines", ("fileName", "file"), ("startLine", 9), ("endLine", int.MaxValue)));
        Assert.StartsWith("     8\t8\n", await CallAsync("file_access_read_lines", ("fileName", "file"), ("startLine", 8)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null, "file_access_read_lines was not run: startLine is 0; it has to be 1 or more.")]
    [InlineData(5, 4, "file_access_read_lines was not run: endLine is 4; it has to be 5 or more.")]
    [InlineData(10, null, "file_access_read_lines with startLine 10 is beyond the end of 'file', which has 9 lines. Give a number from 1 to 9.")]
    public async Task ReadLines_RangeThatIsNone_IsSaid(int startLine, int? endLine, string expected)
    {
        await ShellAsync("seq 9 >/work/file");

        Assert.Equal($"Error: {expected}", await CallAsync("file_access_read_lines", ("fileName", "file"), ("startLine", startLine), ("endLine", endLine)));
    }

    [Fact]
    public async Task Write_FileThatExists_IsReplacedOnlyOnRequest()
    {
        Assert.Equal("created 'new/file' (1 line, 2 bytes)", await CallAsync("file_access_write", ("fileName", "new/file"), ("content", "a\n")));
        Assert.Equal(
            "Error: 'new/file' exists already and was left alone. Use file_access_replace to change it, or another path; to replace it set overwrite.",
            await CallAsync("file_access_write", ("fileName", "new/file"), ("content", "b\n")));
        Assert.Equal(
            "replaced 'new/file' (1 line, 2 bytes)",
            await CallAsync("file_access_write", ("fileName", "new/file"), ("content", "c\n"), ("overwrite", "true")));
        Assert.Equal("c\n", await ShellAsync("cat /work/new/file"));
    }

    [Fact]
    public async Task Replace_Text_IsReplacedOnceOrEverywhere()
    {
        await ShellAsync("printf 'a\\nb\\na\\n' >/work/file");

        Assert.Contains(
            "oldString occurs 2 times, in lines 1, 3. Add lines around it to make it unique, or set replaceAll.",
            await CallAsync("file_access_replace", ("fileName", "file"), ("oldString", "a"), ("newString", "c")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "edited 'file': 1 replacement in line 2.",
            await CallAsync("file_access_replace", ("fileName", "file"), ("oldString", "b"), ("newString", "d")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "edited 'file': 2 replacements in lines 1, 3.",
            await CallAsync("file_access_replace", ("fileName", "file"), ("oldString", "a"), ("newString", "c"), ("replaceAll", true)),
            StringComparison.Ordinal);
        Assert.Contains(
            "oldString and newString are the same",
            await CallAsync("file_access_replace", ("fileName", "file"), ("oldString", "d"), ("newString", "d")),
            StringComparison.Ordinal);
        Assert.Equal("c\nd\nc\n", await ShellAsync("cat /work/file"));
    }

    [Theory]
    [InlineData("1\\n2\\n3\\n", """[{"line_number": 2, "new_line": "two\n"}]""", "1\ntwo\n3\n")]
    [InlineData("1\\n2\\n3\\n", """[{"line_number": 2, "new_line": "two"}]""", "1\ntwo\n3\n")]
    [InlineData("1\\n2\\n3\\n", """[{"line_number": 2, "new_line": ""}]""", "1\n3\n")]
    [InlineData("1\\n2\\n3\\n", """[{"line_number": 2, "new_line": "\n"}]""", "1\n\n3\n")]
    [InlineData("1\\n2\\n3\\n", """[{"line_number": 3, "new_line": "c\nd"}, {"line_number": "1", "new_line": "a\n"}]""", "a\n2\nc\nd\n")]
    [InlineData("1\\n2\\n3", """[{"line_number": 3, "new_line": "three"}]""", "1\n2\nthree")]
    [InlineData("1\\n2\\n3", """[{"line_number": 3, "new_line": "three\n"}]""", "1\n2\nthree\n")]
    [InlineData("1\\r\\n2\\r\\n", """[{"line_number": 1, "new_line": "a\n"}]""", "a\r\n2\r\n")]
    [InlineData("1\\r\\n2\\r\\n", """[{"line_number": 1, "new_line": "a\r\n"}]""", "a\r\n2\r\n")]
    public async Task ReplaceLines_Lines_AreReplacedAsLines(string before, string edits, string after)
    {
        await ShellAsync($"printf '{before}' >/work/file");

        Assert.StartsWith("edited 'file': ", await CallAsync("file_access_replace_lines", ("fileName", "file"), ("edits", edits)), StringComparison.Ordinal);
        Assert.Equal(after, await ShellAsync("cat /work/file"));
    }

    [Theory]
    [InlineData("""[{"line_number": 4, "new_line": "x"}]""", "it has 3 lines; lines 4 to 4 are not among them")]
    [InlineData("""[{"line_number": 0, "new_line": "x"}]""", "lines 0 to 0 are not among them")]
    [InlineData("""[{"line_number": 1e30, "new_line": "x"}]""", "are not among them")]
    [InlineData("""[{"line_number": 2, "new_line": "x"}, {"line_number": 2, "new_line": "y"}]""", "overlap. Give each line once.")]
    [InlineData("""[{"line_number": 2, "new_line": "2"}]""", "the lines are so already")]
    [InlineData("[]", "no edit was given")]
    [InlineData("""[{"line_number": 2}]""", "edits[0].new_line is missing")]
    [InlineData("""[{"line_number": "two", "new_line": ""}]""", "edits[0].line_number has to be an integer")]
    public async Task ReplaceLines_EditThatMakesNoSense_ChangesNothing(string edits, string expected)
    {
        await ShellAsync("seq 3 >/work/file");

        var text = await CallAsync("file_access_replace_lines", ("fileName", "file"), ("edits", edits));

        Assert.StartsWith("Error: ", text, StringComparison.Ordinal);
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Equal("1\n2\n3\n", await ShellAsync("cat /work/file"));
    }

    [Fact]
    public async Task Delete_FileOrEmptyDirectory_IsGone()
    {
        await ShellAsync("cd /work; touch file; mkdir empty full; touch full/x");

        Assert.Equal("deleted 'file'", await CallAsync("file_access_delete", ("fileName", "file")));
        Assert.Equal("deleted directory 'empty'", await CallAsync("file_access_delete", ("fileName", "empty")));
        Assert.Equal(
            "Error: 'full' was not deleted: it is a directory that is not empty; it holds x. Delete those first, or use run_shell (rm -r).",
            await CallAsync("file_access_delete", ("fileName", "full")));
        Assert.Equal("Error: file_access_delete was not run: fileName is empty.", await CallAsync("file_access_delete", ("fileName", "")));
        Assert.Equal("full\n", await ShellAsync("ls /work"));
    }

    [Fact]
    public async Task Ls_Directory_ShowsTheEntriesThatMatch()
    {
        await ShellAsync("cd /work; mkdir -p docs/sub; touch docs/a.md docs/b.txt docs/c.MD");

        Assert.Equal("docs/", await CallAsync("file_access_ls"));
        Assert.Equal("a.md (0 bytes)\nb.txt (0 bytes)\nc.MD (0 bytes)\nsub/", await CallAsync("file_access_ls", ("directory", "docs")));
        Assert.Equal("a.md (0 bytes)\nsub/", await CallAsync("file_access_ls", ("directory", "docs"), ("globPattern", "{*.md,s*}")));
        Assert.Equal("a.md (0 bytes)", await CallAsync("file_access_ls", ("directory", "docs"), ("globPattern", "**/*.md")));
        Assert.Equal("(no entry of the directory 'docs' matches)", await CallAsync("file_access_ls", ("directory", "docs"), ("globPattern", "*.py")));
        Assert.Equal("(the directory 'docs/sub' is empty)", await CallAsync("file_access_ls", ("directory", "docs/sub"), ("globPattern", "")));
    }

    [Fact]
    public async Task Ls_WhatCannotBeListed_IsSaid()
    {
        await ShellAsync("touch /work/file");

        Assert.Equal("Error: 'file' is a file, not a directory. Use file_access_read for files.", await CallAsync("file_access_ls", ("directory", "file")));
        Assert.Contains("does not exist", await CallAsync("file_access_ls", ("directory", "missing")), StringComparison.Ordinal);
        Assert.Equal(
            "Error: file_access_ls was not run: globPattern is for names; give the directory 'docs' as directory.", await CallAsync("file_access_ls", ("globPattern", "docs/*.md")));
    }

    [Fact]
    public async Task Grep_Pattern_ShowsLinesInAnyCase()
    {
        await ShellAsync("cd /work; mkdir docs; printf 'one\\nERROR here\\n' >docs/a.md; echo error >b.txt");

        Assert.Equal("b.txt:1:error\ndocs/a.md:2:ERROR here", Sorted(await CallAsync("file_access_grep", ("regexPattern", "err.r"))));
        Assert.Equal("docs/a.md:2:ERROR here", await CallAsync("file_access_grep", ("regexPattern", "err.r"), ("globPattern", "**/*.md")));
        Assert.Equal("docs/a.md:2:ERROR here", await CallAsync("file_access_grep", ("regexPattern", "error"), ("directory", "docs")));
        Assert.Equal("(no match for 'nothing')", await CallAsync("file_access_grep", ("regexPattern", "nothing")));
        Assert.Equal("Error: file_access_grep was not run: regexPattern is empty.", await CallAsync("file_access_grep", ("regexPattern", "")));
        Assert.StartsWith("Error: file_access_grep failed: ", await CallAsync("file_access_grep", ("regexPattern", "(")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(All, null)]
    [InlineData(All, "box_")]
    [InlineData("run_shell", null)]
    [InlineData("execute_code", null)]
    [InlineData("file_access_read,file_access_write,file_access_replace,file_access_ls", "box_")]
    [InlineData("file_access_read_lines,file_access_replace_lines,file_access_delete,file_access_grep", null)]
    public async Task Texts_OfFailures_NameOnlyWhatIsThere(string enabled, string? prefix)
    {
        Tools = Create(new() { Enabled = enabled.Split(','), Prefix = prefix, MaxReadBytes = 1_000, MaxWriteBytes = 1_000, MaxOutputChars = 1_000 }, TimeSpan.FromSeconds(10));
        await ShellAsync("cd /work; mkdir -p dir full/sub; mkfifo pipe; ln -s gone link; seq 3000 >long; : >empty; printf 'a\\0b' >binary; echo x >file; touch $(seq -f n%g 300)");
        List<string> texts = [Tools.Instructions, .. Tools.Select(static tool => tool.Description)];
        foreach (var path in (string[])["dir", "full", "pipe", "link", "missing", "none/missing", "long", "empty", "binary", "file", ".", ""])
        {
            await TryAsync("file_access_read", ("fileName", path));
            await TryAsync("file_access_read_lines", ("fileName", path), ("startLine", 5));
            await TryAsync("file_access_write", ("fileName", path == "long" ? "other" : path), ("content", path == "long" ? new string('x', 2_000) : "y"));
            await TryAsync("file_access_replace", ("fileName", path), ("oldString", "1"), ("newString", "2"));
            await TryAsync("file_access_replace_lines", ("fileName", path), ("edits", """[{"line_number": 9000, "new_line": "x"}]"""));
            await TryAsync("file_access_ls", ("directory", path));
            await TryAsync("file_access_grep", ("regexPattern", "1"), ("directory", path));
            await TryAsync("file_access_delete", ("fileName", path));
        }

        await TryAsync("run_shell", ("command", "seq 100000; no-such-program"));
        await TryAsync("run_shell", ("command", "kill -9 $$"));
        await TryAsync("run_shell", ("command", ""));
        await TryAsync("execute_code", ("code", "print('x' * 100000)"));
        await TryAsync("execute_code", ("code", ""));
        await TryAsync("execute_code", ("cod", ""));

        string[] allowed = [.. enabled.Split(',').Select(name => prefix + name), "startLine", "oldString", "newString", "replaceAll"];
        Assert.All(texts, text => ToolMentions.AssertOnly(text, allowed));

        async Task TryAsync(string name, params (string Name, object? Value)[] arguments)
        {
            if (Tools.Any(tool => tool.Name == prefix + name))
            {
                texts.Add(await CallAsync(prefix + name, arguments));
            }
        }
    }

    private static string Sorted(string lines) => string.Join('\n', lines.Split('\n').Order(StringComparer.Ordinal));

    private static ModalSandboxToolOptions OfDialect(ModalSandboxToolOptions options)
    {
        options.Dialect = ModalToolDialect.AgentFramework;
        return options;
    }

    private ModalSandboxTools Create(ModalSandboxToolOptions options, TimeSpan commandTimeout) =>
        new ModalSandboxTools(
            new ToolSetup { Options = OfDialect(options), CommandTimeout = commandTimeout }, Substitute.For<IModalSandboxFactory>(), ModalSandboxMode.ReuseExisting)
            .ForSandbox(Sandbox);

    private async Task RequirePythonAsync() => Skip.If(await ShellAsync("command -v python3 || true") == "", "there is no Python in the emulator's sandboxes");
}
