using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class BashTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Bash_Command_AnswersWithExitCodeThenBothStreams()
    {
        Assert.Equal("exit code 3\nout\nerr\nmore", await CallAsync("bash", ("command", "echo out; echo err >&2; echo more; exit 3")));
    }

    [Fact]
    public async Task Bash_NoOutput_SaysSo()
    {
        Assert.Equal("exit code 0\n(no output)", await CallAsync("bash", ("command", "true")));
    }

    [Fact]
    public async Task Bash_HostileCommand_IsNothingButItsCommand()
    {
        Assert.Equal("exit code 0\n' \" ` $x", await CallAsync("bash", ("command", "printf '%s' \"' \\\" \\` \\$x\"")));
        Assert.StartsWith("exit code 127; there is no program '-l' ", await CallAsync("bash", ("command", "-l")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_OutputThatLooksLikeAHeader_ComesAfterOurs()
    {
        var text = await CallAsync("bash", ("command", "echo 'exit code 0'; exit 1"));

        Assert.Equal("exit code 1\nexit code 0", text);
    }

    [Fact]
    public async Task Bash_Syntax_IsThatOfBash()
    {
        Assert.Equal("exit code 0\nb", await CallAsync("bash", ("command", "a=(a b); [[ ${a[1]} == b ]] && echo ${a[1]}")));
    }

    [Fact]
    public async Task Bash_Input_IsClosed()
    {
        Assert.Equal("exit code 0\nend", await CallAsync("bash", ("command", "cat; echo end"), ("timeout_seconds", 20)));
    }

    [Fact]
    public async Task Bash_Environment_KeepsProgramsFromWaiting()
    {
        Assert.Equal("exit code 0\ndumb cat 0 no", await CallAsync("bash", ("command", "echo $TERM$CI $PAGER $GIT_TERMINAL_PROMPT ${modalai_command-no}")));
    }

    [Theory]
    [InlineData("/usr/bin", "/usr/bin")]
    [InlineData("sub dir", "/work/sub dir")]
    [InlineData("-x", "/work/-x")]
    [InlineData(null, "/work")]
    public async Task Bash_WorkingDirectory_IsWhereItRuns(string? workdir, string expected)
    {
        await ShellAsync("mkdir -p '/work/sub dir' /work/-x");

        Assert.Equal($"exit code 0\n{expected}", await CallAsync("bash", ("command", "pwd"), ("workdir", workdir)));
    }

    [Fact]
    public async Task Bash_MissingWorkingDirectory_IsSaid()
    {
        var text = await CallAsync("bash", ("command", "touch /tmp/ran"), ("workdir", "/nowhere"));

        Assert.StartsWith("exit code 125\n", text, StringComparison.Ordinal);
        Assert.Contains("not run", text, StringComparison.Ordinal);
        Assert.False(await Sandbox.Files.ExistsAsync("/tmp/ran", TestTimeout.Token));
    }

    [Fact]
    public async Task Bash_TimeLimit_KeepsTheOutputUntilThen()
    {
        var text = await CallAsync("bash", ("command", "echo before; sleep 30; echo after"), ("timeout_seconds", 1));

        Assert.StartsWith("timed out: killed after 1 s", text, StringComparison.Ordinal);
        Assert.EndsWith("\nbefore", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_KilledBeforeItsLimit_PointsToMemory()
    {
        Assert.Contains("memory", await CallAsync("bash", ("command", "kill -9 $$")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_TooLongATimeLimit_IsLoweredAndSaid()
    {
        Assert.Equal("exit code 0; timeout_seconds was lowered to 600, the longest there is\n(no output)", await CallAsync("bash", ("command", ":"), ("timeout_seconds", 120_000)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task Bash_TimeLimitOfNothing_IsRefused(int seconds)
    {
        Assert.Contains("1 to 600", await CallAsync("bash", ("command", "true"), ("timeout_seconds", seconds)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_HugeCommand_RunsAsOthersDo()
    {
        var command = $"text='{new string('x', 200_000)}'\necho ${{#text}} \"$0\"\ncat\nexit 4";

        Assert.Equal("exit code 4\n200000 bash", await CallAsync("bash", ("command", command), ("timeout_seconds", 30)));
    }

    [Fact]
    public async Task Bash_HugeOutput_KeepsStartAndEndInBounds()
    {
        var text = await CallAsync("bash", ("command", "seq 1 1000000; echo 'the error' >&2; exit 2"));

        Assert.InRange(text.Length, 25_000, 30_600);
        Assert.Matches(@"^exit code 2; lines 2222 to \d+ of 1000001 left out \(6888906 bytes in all\); all of the output is in /tmp/\.modalai/out/\w+\.log: use grep or read", text);
        Assert.Contains(".log: use grep or read on that file, do not run the command again for it\n1\n2\n3\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n1000000\nthe error", text, StringComparison.Ordinal);
        Assert.Equal("6888906 the error\n", await ShellAsync("cd /tmp/.modalai/out; echo $(cat *.log | wc -c) $(tail -n 1 *.log)"));
    }

    [Fact]
    public async Task Bash_ChildInTheBackground_DoesNotHoldTheAnswer()
    {
        var started = TimeProvider.System.GetTimestamp();

        var text = await CallAsync("bash", ("command", "sleep 40 & echo started"));

        Assert.Equal("exit code 0\nstarted", text);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0, 20);
    }

    [Fact]
    public async Task Bash_TerminalEscapes_AreRemoved()
    {
        Assert.Equal("exit code 0\nred plain", await CallAsync("bash", ("command", """printf '\033[31mred\033[0m \033]0;title\007plain'""")));
    }
}
