using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using ModalAI.Tools;
using NSubstitute;

namespace ModalAI.Tests.Tools.Dialects;

public sealed class OpenAIFunctionsTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    private const string Patch = "*** Begin Patch\n*** Update File: a.py\n@@ def f():\n-    return 1\n+    return 2\n*** End Patch";

    private static readonly byte[] Image = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3];

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Tools = Create();
    }

    [Fact]
    public void Names_AreThoseThatTheModelsKnow()
    {
        Assert.Equal(["exec_command", "write_stdin", "apply_patch"], Names(Create()));
        Assert.Equal(["exec_command", "write_stdin", "apply_patch", "view_image"], Names(Create(new() { InlineMedia = true })));
        Assert.Equal(
            ["exec_command", "write_stdin", "apply_patch", "publish_file"], Names(new ModalSandboxTools(Sandbox, OfDialect(new()), Substitute.For<IModalArtifactSink>())));
        Assert.Equal(["exec_command", "apply_patch"], Names(PerCall()));
    }

    [Fact]
    public async Task ExecCommand_CommandThatEnds_AnswersWithExitCodeThenBothStreams()
    {
        Assert.Equal("exit code 3\nout\nerr", await CallAsync("exec_command", ("cmd", "echo out; echo err >&2; exit 3")));
        Assert.Equal(
            "exit code 0\n/usr/bin sh",
            await CallAsync("exec_command", ("cmd", "echo $PWD ${0##*/}"), ("workdir", "/usr/bin"), ("shell", "/bin/sh"), ("login", true)));
        Assert.Equal("exit code 0\nend", await CallAsync("exec_command", ("cmd", "cat; echo end"), ("workdir", ""), ("shell", "")));
    }

    [Theory]
    [InlineData("cmd", "", "exec_command was not run: cmd is empty.")]
    [InlineData("yield_time_ms", -1, "exec_command was not run: yield_time_ms is -1; it has to be 0 or more.")]
    [InlineData("max_output_tokens", 0, "exec_command was not run: max_output_tokens is 0; it has to be 1 or more.")]
    [InlineData("workdir", "a\0b", "exec_command was not run: workdir holds a NUL character, which no program can be given.")]
    public async Task ExecCommand_ArgumentThatMakesNoSense_IsRefused(string name, object value, string expected)
    {
        (string, object?)[] arguments = name == "cmd" ? [(name, value)] : [("cmd", "touch /tmp/ran"), (name, value)];

        Assert.Equal($"Error: {expected}", await CallAsync("exec_command", arguments));
        Assert.False(await Sandbox.Files.ExistsAsync("/tmp/ran", TestTimeout.Token));
    }

    [Fact]
    public async Task ExecCommand_MaxOutputTokens_LimitWhatIsShownWithinTheOption()
    {
        Tools = Create(new() { MaxOutputChars = 5_000 });

        Assert.InRange((await CallAsync("exec_command", ("cmd", "seq 10000"), ("max_output_tokens", "500"))).Length, 1_500, 2_700);
        Assert.InRange((await CallAsync("exec_command", ("cmd", "seq 10000"), ("max_output_tokens", 1_000_000))).Length, 4_000, 5_700);
    }

    [Fact]
    public async Task ExecCommand_LongOutput_PointsToTheShellAlone()
    {
        Assert.Matches(@"all of the output is in /tmp/\.modalai/out/\S+\.log: use exec_command \(grep -n, sed -n\) on that file, ", await CallAsync("exec_command", ("cmd", "seq 100000")));
    }

    [Fact]
    public async Task Session_WithoutATerminal_IsPolledToItsEnd()
    {
        var text = await CallAsync("exec_command", ("cmd", "echo up; until [ -e /work/go ]; do sleep 0.05; done; echo over; exit 6"), ("yield_time_ms", "100"));
        var id = SessionOf(text);
        Assert.Contains($"; use write_stdin to follow it and write_stdin with \\u0003 to end it\n", text, StringComparison.Ordinal);

        Assert.StartsWith($"job {id} is still running; ", await CallAsync("write_stdin", ("session_id", id)), StringComparison.Ordinal);
        await ShellAsync("touch /work/go");
        var ended = await CallAsync("write_stdin", ("session_id", id), ("yield_time_ms", 50_000));

        Assert.StartsWith($"job {id} ended with exit code 6; ", ended, StringComparison.Ordinal);
        Assert.EndsWith("over", ended, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_WithATerminal_TakesLinesUntilItEnds()
    {
        var started = await CallAsync(
            "exec_command", ("cmd", "[ -t 0 ] && echo terminal; while read -r line; do echo \"got $line\"; done; echo end"), ("tty", true), ("yield_time_ms", 0));
        var id = SessionOf(started);

        Assert.Contains("terminal", started + await TypeUntilAsync(id, "one\n", "got one"), StringComparison.Ordinal);
        await TypeUntilAsync(id, "\u0004", "end");

        Assert.Contains("ended with exit code 0", await CallAsync("write_stdin", ("session_id", id), ("yield_time_ms", 50_000)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_WithATerminalAndCtrlC_IsInterruptedNotEnded()
    {
        var id = SessionOf(await CallAsync(
            "exec_command", ("cmd", "trap 'echo caught; exit 4' INT; touch /work/ready; while :; do sleep 0.05; done"), ("tty", true), ("yield_time_ms", 0)));
        await ShellAsync("until [ -e /work/ready ]; do sleep 0.05; done");

        await TypeUntilAsync(id, "\u0003", "caught");

        Assert.Contains("ended with exit code 4", await CallAsync("write_stdin", ("session_id", id), ("yield_time_ms", 50_000)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_WithoutATerminalAndCtrlC_IsEnded()
    {
        var id = SessionOf(await CallAsync("exec_command", ("cmd", "sleep 300 & echo $! >/work/child; wait"), ("yield_time_ms", 0)));
        await ShellAsync("until [ -s /work/child ]; do sleep 0.05; done");

        Assert.Equal(
            $"job {id} was ended, with all that it had started; use write_stdin to read what it printed",
            await CallAsync("write_stdin", ("session_id", id), ("chars", "\u0003")));
        Assert.Equal("gone\n", await ShellAsync("kill -0 $(cat /work/child) 2>/dev/null || echo gone"));
    }

    [Fact]
    public async Task Session_WithoutATerminalAndText_SaysHowToHaveAnInput()
    {
        var id = SessionOf(await CallAsync("exec_command", ("cmd", "sleep 300"), ("yield_time_ms", 0)));

        Assert.Equal(
            $"Error: Job {id} takes no input: its input is closed, as it is unless a command is started with tty=true. Use write_stdin to read what it printed.",
            await CallAsync("write_stdin", ("session_id", id), ("chars", "text\n")),
            ignoreCase: true);
        Assert.StartsWith("Error: There is no job '7' in this sandbox. Its jobs: ", await CallAsync("write_stdin", ("session_id", 7)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_PastTheLimitOfCommands_RunsOn()
    {
        Tools = Create(new(), TimeSpan.FromSeconds(1));

        var id = SessionOf(await CallAsync("exec_command", ("cmd", "sleep 3; echo over"), ("yield_time_ms", 0)));

        var text = await CallAsync("write_stdin", ("session_id", id), ("yield_time_ms", 50_000));
        Assert.StartsWith($"job {id} ended with exit code 0; ", text, StringComparison.Ordinal);
        Assert.EndsWith("\nover", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExecCommand_WhereTooManySessionsRun_IsWaitedForUntilTheLimit()
    {
        Tools = Create(new() { MaxJobs = 1 }, TimeSpan.FromSeconds(2));
        SessionOf(await CallAsync("exec_command", ("cmd", "sleep 300"), ("yield_time_ms", 0)));

        Assert.Equal("exit code 0\nquick", await CallAsync("exec_command", ("cmd", "sleep 0.5; echo quick"), ("yield_time_ms", 0)));
        var text = await CallAsync("exec_command", ("cmd", "echo begun; sleep 301"), ("yield_time_ms", 0));
        Assert.StartsWith("timed out: killed after 2 s, its limit; ", text, StringComparison.Ordinal);
        Assert.EndsWith("\nbegun", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExecCommand_WithoutWriteStdin_WaitsToTheEnd()
    {
        Tools = Create(new() { Enabled = ["exec_command"], YieldAfter = TimeSpan.FromMilliseconds(1) }, TimeSpan.FromSeconds(3));

        Assert.Equal("exit code 0\nover", await CallAsync("exec_command", ("cmd", "sleep 1; echo over"), ("login", true)));
        var text = await CallAsync("exec_command", ("cmd", "sleep 300"));
        Assert.StartsWith("timed out: killed after 3 s, its limit; ", text, StringComparison.Ordinal);
        Assert.Contains("has no argument 'tty'", await CallAsync("exec_command", ("cmd", "true"), ("tty", true)), StringComparison.Ordinal);
        ToolMentions.AssertOnly(text, ["exec_command"]);
    }

    [Fact]
    public async Task ApplyPatch_PatchThatFits_ChangesTheFiles()
    {
        await ShellAsync("printf 'def f():\\n    return 1\\n' >/work/a.py; echo x >/work/old");

        Assert.Equal("Success. Updated the following files:\nM a.py", await CallAsync("apply_patch", ("input", Patch)));
        Assert.Equal(
            "Success. Updated the following files:\nA new/b\nD old",
            await CallAsync("apply_patch", ("input", "*** Begin Patch\n*** Add File: new/b\n+text\n*** Delete File: old\n*** End Patch\n")));
        Assert.Equal("    return 2\ntext\na.py\nnew\n", await ShellAsync("cd /work; tail -n 1 a.py; cat new/b; ls"));
    }

    [Fact]
    public async Task ApplyPatch_PatchThatDoesNotFit_SaysWhyAndChangesNothing()
    {
        await ShellAsync("printf 'def f():\\n    return 7\\n' >/work/a.py");

        Assert.StartsWith("Error: apply_patch changed nothing: in 'a.py' ", await CallAsync("apply_patch", ("input", Patch)), StringComparison.Ordinal);
        Assert.StartsWith(
            "Error: apply_patch changed nothing: line 1 should be '*** Begin Patch', but is 'hello'.", await CallAsync("apply_patch", ("input", "hello")), StringComparison.Ordinal);
        Assert.Equal("    return 7\n", await ShellAsync("tail -n 1 /work/a.py"));
    }

    [Fact]
    public async Task ViewImage_Image_AnswersWithItsContents()
    {
        Tools = Create(new() { InlineMedia = true });
        await Sandbox.Files.WriteAllBytesAsync("/work/plot.png", Image, TestTimeout.Token);

        var function = Tools.OfType<AIFunction>().Single(static tool => tool.Name == "view_image");
        var contents = Assert.IsAssignableFrom<IReadOnlyList<AIContent>>(await function.InvokeAsync(new AIFunctionArguments { ["path"] = "plot.png" }, TestTimeout.Token));

        Assert.Equal("'plot.png': image/png, 11 bytes", Assert.IsType<TextContent>(contents[0]).Text);
        var image = Assert.IsType<DataContent>(contents[1]);
        Assert.Equal(("image/png", "plot.png"), (image.MediaType, image.Name));
        Assert.Equal(Image, image.Data.ToArray());
    }

    [Fact]
    public async Task ViewImage_WhatIsNoImage_IsSaid()
    {
        Tools = Create(new() { InlineMedia = true });
        await ShellAsync("echo text >/work/a.txt; mkdir /work/dir");

        Assert.Contains("no medium that is known by its first bytes", await CallAsync("view_image", ("path", "a.txt")), StringComparison.Ordinal);
        Assert.Contains("does not exist", await CallAsync("view_image", ("path", "missing.png")), StringComparison.Ordinal);
        Assert.Contains("is a directory", await CallAsync("view_image", ("path", "dir")), StringComparison.Ordinal);
        Assert.Equal("Error: view_image was not run: path is empty.", await CallAsync("view_image", ("path", "")));
    }

    [Theory]
    [InlineData("exec_command,write_stdin,apply_patch,view_image", null)]
    [InlineData("exec_command,write_stdin,apply_patch,view_image", "box_")]
    [InlineData("exec_command", null)]
    [InlineData("apply_patch", "box_")]
    [InlineData("view_image", null)]
    public async Task Texts_OfFailures_NameOnlyWhatIsThere(string enabled, string? prefix)
    {
        Tools = Create(new() { Enabled = enabled.Split(','), Prefix = prefix, InlineMedia = true, MaxJobs = 1, MaxMediaBytes = 1_000 });
        await ShellAsync("cd /work; mkdir dir; mkfifo pipe; printf 'def f():\\n    return 7\\n' >a.py; ln -s gone link; echo x >x.txt; printf '%%PDF-1.4 ' >doc.pdf");
        await Sandbox.Files.WriteAllBytesAsync("/work/large.png", Image.Concat(new byte[2_000]).ToArray(), TestTimeout.Token);
        List<string> texts = [Tools.Instructions, .. Tools.Select(static tool => tool.Description)];

        if (enabled.Contains("exec_command", StringComparison.Ordinal))
        {
            texts.Add(await CallAsync($"{prefix}exec_command", ("cmd", " ")));
            texts.Add(await CallAsync($"{prefix}exec_command", ("cmd", "seq 100000; no-such-program")));
            texts.Add(await CallAsync($"{prefix}exec_command", ("cmd", "kill -9 $$")));
        }

        if (enabled.Contains("write_stdin", StringComparison.Ordinal))
        {
            var id = SessionOf(await CallAsync($"{prefix}exec_command", ("cmd", "sleep 300"), ("yield_time_ms", 0)));
            texts.Add(await CallAsync($"{prefix}write_stdin", ("session_id", id)));
            texts.Add(await CallAsync($"{prefix}write_stdin", ("session_id", id), ("chars", "x")));
            texts.Add(await CallAsync($"{prefix}write_stdin", ("session_id", id), ("chars", "\u0003")));
            texts.Add(await CallAsync($"{prefix}write_stdin", ("session_id", id), ("chars", "x")));
        }

        if (enabled.Contains("apply_patch", StringComparison.Ordinal))
        {
            texts.Add(await CallAsync($"{prefix}apply_patch", ("input", Patch)));
            foreach (var path in (string[])["dir", "pipe", "link", "missing", "none/missing", "x.txt"])
            {
                texts.Add(await CallAsync($"{prefix}apply_patch", ("input", Patch.Replace("a.py", path, StringComparison.Ordinal))));
            }
        }

        if (enabled.Contains("view_image", StringComparison.Ordinal))
        {
            foreach (var path in (string[])["dir", "pipe", "link", "missing", "none/missing", "x.txt", "large.png", "doc.pdf"])
            {
                texts.Add(await CallAsync($"{prefix}view_image", ("path", path)));
            }
        }

        string[] allowed = [.. enabled.Split(',').Select(name => prefix + name), "yield_time_ms", "session_id", "tty"];
        Assert.All(texts, text => ToolMentions.AssertOnly(text, allowed));
    }

    private static ModalSandboxToolOptions OfDialect(ModalSandboxToolOptions options)
    {
        options.Dialect = ModalToolDialect.OpenAI;
        return options;
    }

    private static ModalSandboxTools PerCall() =>
        new(new ToolSetup { Options = OfDialect(new()) }, Substitute.For<IModalSandboxFactory>(), ModalSandboxMode.NewPerInvocation);

    private static IEnumerable<string> Names(ModalSandboxTools tools) => tools.Select(static tool => tool.Name);

    private static string SessionOf(string text)
    {
        var match = Regex.Match(text, @"\Astill running after [\d.]+ s as job (\S+),");
        Assert.True(match.Success, text);
        return match.Groups[1].Value;
    }

    private ModalSandboxTools Create(ModalSandboxToolOptions? options = null) => new(Sandbox, OfDialect(options ?? new()));

    private ModalSandboxTools Create(ModalSandboxToolOptions options, TimeSpan commandTimeout) =>
        new ModalSandboxTools(
            new ToolSetup { Options = OfDialect(options), CommandTimeout = commandTimeout }, Substitute.For<IModalSandboxFactory>(), ModalSandboxMode.ReuseExisting)
            .ForSandbox(Sandbox);

    /// <summary>Types, and polls until the session has printed what is expected.</summary>
    private async Task<string> TypeUntilAsync(string id, string chars, string expected)
    {
        var limit = TestTimeout.Token;
        var text = await CallAsync("write_stdin", ("session_id", id), ("chars", chars));
        while (!text.Contains(expected, StringComparison.Ordinal))
        {
            limit.ThrowIfCancellationRequested();
            Assert.DoesNotContain("Error: ", text, StringComparison.Ordinal);
            text += "\n" + await CallAsync("write_stdin", ("session_id", id), ("yield_time_ms", 100));
        }

        return text;
    }
}
