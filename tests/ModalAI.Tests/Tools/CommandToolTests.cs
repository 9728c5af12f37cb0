using Microsoft.Extensions.AI;
using ModalAI.Sandboxes;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class CommandToolTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    private static readonly CommandSettings Settings = new();

    [Fact]
    public async Task Run_Answer_IsThereForCodeToo()
    {
        var answer = await RunAsync(new("printf 'a\\nb\\n'; exit 3"));

        Assert.Equal((3, false, false, null, "exit code 3"), (answer.ExitCode, answer.TimedOut, answer.IsRunning, answer.JobId, answer.Status));
        Assert.Equal((4, 2, "a\nb"), (answer.Output!.TotalBytes, answer.Output.Lines, answer.Output.Text));
    }

    [Theory]
    [InlineData("printf ''", "exit code 0\n(no output)")]
    [InlineData("printf '\\033[2J\\n'", "exit code 0\n(nothing that can be seen)")]
    [InlineData("printf 'a\\377b'", "exit code 0\na\uFFFDb")]
    [InlineData("printf ' 1%%\\r50%%\\r100%%\\n'", "exit code 0\n100%")]
    public async Task Run_Output_IsMadeReadable(string command, string expected) => Assert.Equal(expected, (await RunAsync(new(command))).Text);

    [Fact]
    public async Task Run_SeparateStreams_EachHaveHalfOfTheCharacters()
    {
        var answer = await RunAsync(new("echo out; seq 100000 >&2; exit 1"), Settings with { SeparatesStreams = true });

        Assert.Equal("out", answer.Output!.Text);
        Assert.InRange(answer.Error!.Text.Length, 13_000, 15_100);
        Assert.StartsWith("exit code 1; of stderr lines ", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\nstdout:\nout\nstderr:\n1\n2\n", answer.Text, StringComparison.Ordinal);
        Assert.Null(answer.LogPath);
        Assert.Equal("588895\n", await ShellAsync($"wc -c <{answer.ErrorLogPath}"));
    }

    [Fact]
    public async Task Run_SeparateStreamsThatAreBothCut_AreBothSavedAndNamed()
    {
        var answer = await RunAsync(new("seq 10000; seq 20000 >&2"), Settings with { SeparatesStreams = true });

        Assert.Contains(
            $"; all of stdout is in {answer.LogPath} and all of stderr is in {answer.ErrorLogPath}: use grep or read on those files", answer.Status, StringComparison.Ordinal);
        Assert.Equal("48894\n108894\n", await ShellAsync($"wc -c <{answer.LogPath}; wc -c <{answer.ErrorLogPath}"));
    }

    [Fact]
    public async Task Run_SeparateStreamsOfAJobOrATerminal_AreInOne()
    {
        var settings = Settings with { SeparatesStreams = true, JobPatience = TimeSpan.FromSeconds(30) };

        Assert.Equal("exit code 0\nout\nerr", (await RunAsync(new("echo out; echo err >&2") { InBackground = true }, settings)).Text);
        Assert.Equal("exit code 0\nout\nerr", (await RunAsync(new("echo out; echo err >&2") { HasTerminal = true }, settings)).Text);
    }

    [Fact]
    public async Task Run_OptionForSeparateStreams_IsWhatModelsSeeAndAreTold()
    {
        var tools = new ModalSandboxTools(Sandbox, new ModalSandboxToolOptions { SeparateStreams = true, YieldAfter = TimeSpan.FromMilliseconds(1) });

        Assert.Equal("exit code 2\nstdout:\nout\nstderr:\nerr", await CallAsync(tools, "bash", ("command", "echo err >&2; sleep 0.3; echo out; exit 2")));
        var description = tools.OfType<AIFunction>().Single(static tool => tool.Name == "bash").Description;
        Assert.Contains("then stdout, then stderr, ", description, StringComparison.Ordinal);
        Assert.DoesNotContain("goes on as a job", description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_HugeCommandWithOpenInput_GetsBothAndLeavesNoFile()
    {
        var job = await RunAsync(new($"text='{new string('x', 200_000)}'\nprintf ${{#text}}; cat; exit 4") { InBackground = true, KeepsInputOpen = true });

        await Jobs().WriteAsync(Sandbox, job.JobId!, "given", endsInput: true, TimeSpan.Zero, null, TestTimeout.Token);

        var answer = await Jobs().ReadAsync(Sandbox, job.JobId!, 0, TimeSpan.FromSeconds(50), null, TestTimeout.Token);
        Assert.Equal((4, "200000given"), (answer.ExitCode, answer.Output!.Text));
        Assert.Equal("", await ShellAsync("ls /tmp/.modalai/in"));
    }

    [Fact]
    public async Task Run_HugeJobThatFindsNoPlace_LeavesNoFile()
    {
        var settings = Settings with { MaxJobs = 1 };
        await RunAsync(new("sleep 300") { InBackground = true }, settings);

        var answer = await RunAsync(new($": '{new string('x', 200_000)}'") { InBackground = true, KeepsInputOpen = true }, settings);

        Assert.StartsWith("Error: bash was not run: 1 job is running", answer.Text, StringComparison.Ordinal);
        Assert.Equal("", await ShellAsync("ls /tmp/.modalai/in 2>/dev/null || :"));
    }

    [Fact]
    public async Task Run_CharacterThatIsHalfPrintedWhenItGoesOnAsAJob_IsReadWhole()
    {
        var settings = Settings with { JobPatience = TimeSpan.FromSeconds(2) };

        var begun = await RunAsync(new("printf 'a\\303'; until [ -e /work/go ]; do sleep 0.05; done; printf '\\251b'") { InBackground = true }, settings);
        await ShellAsync("touch /work/go");
        var rest = await Jobs().ReadAsync(Sandbox, begun.JobId!, begun.NextOffset, TimeSpan.FromSeconds(50), null, TestTimeout.Token);

        Assert.Equal("aéb", begun.Output!.Text + rest.Output!.Text);
    }

    [Fact]
    public void Tell_CommandThatCouldNotBeKilled_MayStillRun()
    {
        var tool = new CommandTool(Settings, SandboxFacts.Unknown, ToolWords.Default, new JobCursors());
        var run = new CommandRun("id", 137, TimedOut: true, TimeSpan.FromSeconds(150)) { MayRun = true };
        var call = new CommandCall("sleep 300");

        var answer = tool.Tell(CommandTool.Read(run, call, new OutputWindow(1_000, 100), error: null), call, []);

        Assert.Equal("timed out: its limit of 120 s is over, but it could not be killed and may still run: look with ps; its output until then is below", answer.Status);
    }

    [Fact]
    public async Task Save_OutputThatCannotBeRead_LeavesNoPartOfIt()
    {
        var unknown = Guid.NewGuid().ToString();

        Assert.Null(await OutputLog.SaveAsync(Sandbox, unknown, 0, 1_000, standardError: false, TestTimeout.Token));

        var token = TestTimeout.Token;
        while (await ShellAsync("ls /tmp/.modalai/out 2>/dev/null || :") != "")
        {
            token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task Run_Terminal_IsOneWithoutEscapesAndWithoutCarriageReturns()
    {
        Assert.Equal("exit code 0\ntty dumb\nb", (await RunAsync(new("[ -t 1 ] && echo tty $TERM; echo b") { HasTerminal = true })).Text);
    }

    [Fact]
    public async Task Run_GivenShell_IsTheOne()
    {
        Assert.Equal("exit code 0\nsh", (await RunAsync(new("echo ${0##*/}") { Shell = "sh", IsLogin = true })).Text);
        Assert.Equal(127, (await RunAsync(new("true") { Shell = "no-such-shell" })).ExitCode);
    }

    [Fact]
    public async Task Run_OwnVariables_TakeThePlaceOfTheUsualOnes()
    {
        var settings = Settings with { EnvironmentVariables = new Dictionary<string, string> { ["OWN"] = "it's $HOME", ["HOME"] = "not taken" } };

        Assert.Equal("exit code 0\nit's $HOME no", (await RunAsync(new("echo \"$OWN\" ${PAGER-no}; [ \"$HOME\" != 'not taken' ]"), settings)).Text);
    }

    [Fact]
    public async Task Run_PastTheTimeToWait_GoesOnAsAJobWithItsLimit()
    {
        var settings = Settings with { YieldAfter = TimeSpan.FromSeconds(1) };

        var answer = await RunAsync(new("echo begun; until [ -e /work/go ]; do sleep 0.05; done; echo over; exit 5"), settings);

        Assert.True(answer.IsRunning);
        Assert.Matches($@"^still running after [\d.]+ s as job {answer.JobId}, not killed; .*; use bash_output to follow it and kill_bash to end it; its limit is 120 s\nbegun$", answer.Text);
        Assert.Equal(answer.JobId, Assert.Single(await Sandbox.Processes.ListAsync(TestTimeout.Token)).Id);
        await ShellAsync("touch /work/go");
        var rest = await Jobs().ReadAsync(Sandbox, answer.JobId!, answer.NextOffset, TimeSpan.FromSeconds(30), null, TestTimeout.Token);
        Assert.Equal((5, "over"), (rest.ExitCode, rest.Output!.Text));
    }

    [Fact]
    public async Task Run_TimeLimitGiven_IsWaitedForWhole()
    {
        var settings = Settings with { YieldAfter = TimeSpan.FromSeconds(1) };

        Assert.Equal("exit code 0\nover", (await RunAsync(new("sleep 2; echo over") { Timeout = TimeSpan.FromSeconds(40) }, settings)).Text);
    }

    [Fact]
    public async Task Run_JobPastItsTimeLimit_IsKilledAndTheSandboxLivesOn()
    {
        var settings = Settings with { YieldAfter = TimeSpan.FromSeconds(0.5), Timeout = TimeSpan.FromSeconds(2) };

        var answer = await RunAsync(new("echo begun; sleep 300"), settings);

        var ended = await Jobs().ReadAsync(Sandbox, answer.JobId!, 0, TimeSpan.FromSeconds(50), null, TestTimeout.Token);
        Assert.Equal((137, "begun"), (ended.ExitCode, ended.Output!.Text));
        Assert.Contains("time limit", ended.Status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MoreJobsThanMayRun_AreRefusedOrWaitedFor()
    {
        var settings = Settings with { MaxJobs = 1, YieldAfter = TimeSpan.FromSeconds(0.5) };
        var job = await RunAsync(new("sleep 300") { InBackground = true }, settings);

        Assert.StartsWith("Error: bash was not run: 1 job is running", (await RunAsync(new("sleep 301") { InBackground = true }, settings)).Text, StringComparison.Ordinal);
        Assert.Equal("exit code 0\nover", (await RunAsync(new("sleep 1; echo over"), settings)).Text);
        await Jobs().KillAsync(Sandbox, job.JobId!, TestTimeout.Token);
        Assert.True((await RunAsync(new("sleep 302") { InBackground = true }, settings)).IsRunning);
    }

    [Fact]
    public async Task Run_JobThatFailsAtOnce_IsToldAtOnce()
    {
        var answer = await RunAsync(new("echo broken; exit 7") { InBackground = true }, Settings with { JobPatience = TimeSpan.FromSeconds(30) });

        Assert.Equal((7, false), (answer.ExitCode, answer.IsRunning));
        Assert.Equal("exit code 7\nbroken", answer.Text);
    }

    [Fact]
    public async Task Run_LongCommandAsAJob_HasNoInput()
    {
        var answer = await RunAsync(new($"text='{new string('x', 200_000)}'\ncat; echo ${{#text}}") { InBackground = true }, Settings with { JobPatience = TimeSpan.FromSeconds(30) });

        Assert.Equal("exit code 0\n200000", answer.Text);
    }

    [Fact]
    public async Task Run_ChildThatPrintsOn_DoesNotHoldTheAnswer()
    {
        var started = TimeProvider.System.GetTimestamp();

        var answer = await RunAsync(new("(while :; do echo child; sleep 0.2; done) & echo parent"));

        Assert.Contains("parent", answer.Output!.Text, StringComparison.Ordinal);
        Assert.Equal(0, answer.ExitCode);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0, 30);
    }

    [Fact]
    public async Task Run_EndlessPrinter_StaysInBoundsUntilItsLimit()
    {
        var answer = await RunAsync(new("yes") { Timeout = TimeSpan.FromSeconds(1) });

        Assert.True(answer.TimedOut);
        Assert.InRange(answer.Text.Length, 1, 31_000);
        Assert.True(answer.Output!.TotalBytes > 1_000_000);
        Assert.Equal(answer.Output.TotalBytes, (2 * (answer.Output.Lines - 1)) + (answer.Output.TotalBytes % 2 == 0 ? 2 : 1));
    }

    [Fact]
    public async Task Run_HugeLine_IsCutAndItsBytesAreCounted()
    {
        var bytes = TestSize.Of(ci: 20, full: 500) * 1_000_000L;

        var answer = await RunAsync(new($"head -c {bytes} /dev/zero | tr '\\0' x") { Timeout = TimeSpan.FromSeconds(60) });

        Assert.EndsWith($"… [line of {bytes} bytes cut at 2000 characters]", answer.Text, StringComparison.Ordinal);
        Assert.InRange(answer.Text.Length, 2_000, 3_000);
        Assert.Equal(bytes, answer.Output!.TotalBytes);
        Assert.StartsWith($"exit code 0; 1 line cut ({bytes} bytes in all); ", answer.Text, StringComparison.Ordinal);
        Assert.Equal($"{Math.Min(bytes, OutputLog.MaxBytes)}\n", await ShellAsync($"wc -c <{answer.LogPath}"));
    }

    [Fact]
    public async Task Run_ManyLongOutputs_LeaveTheLastFiles()
    {
        for (var number = 0; number < 18; number++)
        {
            await RunAsync(new("seq 10000"));
        }

        Assert.Equal("16\n", await ShellAsync("ls /tmp/.modalai/out | wc -l"));
    }

    [Fact]
    public async Task Run_LogThatCannotBeWritten_IsSaid()
    {
        await ShellAsync("mkdir -p /tmp/.modalai; rm -rf /tmp/.modalai/out; touch /tmp/.modalai/out");

        var answer = await RunAsync(new("seq 10000"));

        Assert.Null(answer.LogPath);
        Assert.Contains("could not be saved", answer.Status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SandboxOfOneCall_NamesNoFileAndNoJob()
    {
        var settings = Settings with { IsSandboxKept = false, YieldAfter = null };

        var answer = await RunAsync(new("seq 10000"), settings);

        Assert.Null(answer.LogPath);
        Assert.Contains("have the command filter its own output", answer.Status, StringComparison.Ordinal);
        Assert.DoesNotContain("background", (await RunAsync(new("sleep 9") { Timeout = TimeSpan.FromSeconds(1) }, settings)).Status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LimitOfASandboxThatEndsSooner_IsLowered()
    {
        var tool = new CommandTool(Settings, new SandboxFacts { Lifetime = TimeSpan.FromSeconds(90) }, ToolWords.Default, new JobCursors());

        var answer = await tool.RunAsync(Sandbox, new("true") { Timeout = TimeSpan.FromSeconds(500) }, TestTimeout.Token);

        Assert.Equal("exit code 0; timeout_seconds was lowered to 90, the longest there is", answer.Status);
    }

    [Theory]
    [InlineData("no-such-program-here --flag; exit 127", "there is no program 'no-such-program-here' in this sandbox")]
    [InlineData("env no-such-program-here", "there is no program 'no-such-program-here' in this sandbox")]
    [InlineData("echo x >/work/script; ./script", "permission was denied")]
    [InlineData("echo 'mkdir: cannot create directory: Permission denied'; exit 1", "permission was denied")]
    [InlineData("kill -9 $$", "it has likely run out of memory, of which there are 512 MiB")]
    [InlineData("echo 'curl: (6) Could not resolve host: example.com'; exit 6", "network: It has no access to the network.")]
    [InlineData("echo 'connect to localhost: connection timed out'; exit 6", "exit code 6\n")]
    [InlineData("echo 'connect to [::1]:80: connection timed out'; exit 6", "exit code 6\n")]
    [InlineData("echo 'connect to 2001:db8::1: connection timed out'; exit 6", "network: It has no access to the network.")]
    [InlineData("echo 'Could not resolve host: example.com'", "exit code 0\n")]
    public async Task Run_Failure_SaysWhatWasLikelyWrong(string command, string expected)
    {
        var facts = SandboxFacts.From(new ModalSandboxOptions { MemoryMiB = 512, MemoryLimitMiB = 512, BlockNetwork = true });

        var answer = await new CommandTool(Settings, facts, ToolWords.Default, new JobCursors()).RunAsync(Sandbox, new(command), TestTimeout.Token);

        Assert.Contains(expected, answer.Text, StringComparison.Ordinal);
        Assert.InRange(answer.Status.Length, 1, 600);
    }

    private JobTool Jobs() => new(Settings, ToolWords.Default, new JobCursors());

    private Task<CommandAnswer> RunAsync(CommandCall call, CommandSettings? settings = null) =>
        new CommandTool(settings ?? Settings, SandboxFacts.Unknown, ToolWords.Default, new JobCursors()).RunAsync(Sandbox, call, TestTimeout.Token);
}
