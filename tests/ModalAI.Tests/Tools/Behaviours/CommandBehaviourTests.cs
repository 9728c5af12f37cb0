using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Behaviours;

/// <summary>What agents count on when they run commands: how they end, what they read, where they run and what they leave.</summary>
public sealed class CommandBehaviourTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 1", 1)]
    [InlineData("exit 42", 42)]
    [InlineData("exit 124", 124)]
    [InlineData("exit 255", 255)]
    [InlineData("exit 256", 0)]
    [InlineData("false | true", 0)]
    [InlineData("false && true", 1)]
    [InlineData("set -e; false; exit 9", 1)]
    [InlineData("(exit 7)", 7)]
    public async Task Bash_HoweverItEnds_GivesThatCode(string command, int code)
    {
        Assert.Equal($"exit code {code}\n(no output)", await CallAsync("bash", ("command", command)));
    }

    [Theory]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    [InlineData("ABRT", 134)]
    [InlineData("USR1", 138)]
    [InlineData("SEGV", 139)]
    [InlineData("PIPE", 141)]
    [InlineData("TERM", 143)]
    public async Task Bash_EndedByASignal_GivesTheNumberAbove128(string signal, int code)
    {
        Assert.Equal($"exit code {code}\nbefore", await CallAsync("bash", ("command", $"ulimit -c 0; echo before; kill -{signal} $$; sleep 60")));
        Assert.StartsWith($"exit code {code}", await CallAsync("bash", ("command", $"ulimit -c 0; sh -c 'kill -{signal} $$'")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("printf '#!/no/such/interpreter\\n' >script; chmod +x script; ./script", 126, 127)]
    [InlineData("printf '\\177ELFnonsense' >script; chmod +x script; ./script", 126, 126)]
    [InlineData("mkdir directory; ./directory", 126, 126)]
    [InlineData("./missing", 127, 127)]
    public async Task Bash_WhatCannotBeStarted_IsAnExitCodeAndAMessage(string command, int one, int other)
    {
        var text = await CallAsync("bash", ("command", command));

        Assert.True(text.StartsWith($"exit code {one};", StringComparison.Ordinal) || text.StartsWith($"exit code {other}", StringComparison.Ordinal), text);
        Assert.DoesNotContain("(no output)", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cat <<'end'\n  $x `id`\nend", "  $x `id`")]
    [InlineData("\n\n  echo a  # remark", "a")]
    [InlineData("echo a \\\n  b", "a b")]
    [InlineData("f() { echo \"in $1\"; }\nfor i in 1 2; do\n  f $i\ndone", "in 1\nin 2")]
    [InlineData("exec echo replaced", "replaced")]
    [InlineData("trap 'echo bye' EXIT; echo hello", "hello\nbye")]
    [InlineData("echo a & wait; echo b", "a\nb")]
    [InlineData("printf 'no end'", "no end")]
    [InlineData("printf '\\n\\na\\n\\n'", "\n\na\n")]
    public async Task Bash_CommandLineOfAnyShape_RunsAsItStands(string command, string expected)
    {
        Assert.Equal(expected.TrimEnd('\n'), Output(await CallAsync("bash", ("command", command))).TrimEnd('\n'));
    }

    [Theory]
    [InlineData("echo 'open")]
    [InlineData("if true; then")]
    [InlineData("echo )")]
    public async Task Bash_SyntaxError_IsToldAndEnds(string command)
    {
        var text = await CallAsync("bash", ("command", command));

        Assert.StartsWith("exit code 2\n", text, StringComparison.Ordinal);
        Assert.Contains("bash:", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_EveryCharacterQuoted_ArrivesAsItIs()
    {
        var all = string.Concat(Enumerable.Range(1, 126).Select(static code => (char)code).Where(static character => character != '\'')) + "äß€🙂\u202E\u200B";
        await CallAsync("bash", ("command", $"printf '%s' '{all}' >single; cat >here <<'THE_END'\n{all}\nTHE_END\nprintf '%s' \"'\" >quote"));

        Assert.Equal(all, await Sandbox.Files.ReadAllTextAsync("/work/single", cancellationToken: TestTimeout.Token));
        Assert.Equal($"{all}\n", await Sandbox.Files.ReadAllTextAsync("/work/here", cancellationToken: TestTimeout.Token));
        Assert.Equal("'", await Sandbox.Files.ReadAllTextAsync("/work/quote", cancellationToken: TestTimeout.Token));
    }

    [Theory]
    [InlineData(49_000)]
    [InlineData(65_536)]
    [InlineData(131_073)]
    [InlineData(1_000_000)]
    public async Task Bash_CommandOfAnySize_ArrivesWhole(int bytes)
    {
        // Two bytes a character: whoever counts characters takes it for half as long.
        var text = new string('é', (bytes - 200) / 2) + "'\"'\"'$(id)`id`\\";

        var answer = await CallAsync("bash", ("command", $"cat >file <<'THE_END'\n{text}\nTHE_END\nwc -c <file"));

        Assert.Equal($"exit code 0\n{Encoding.UTF8.GetByteCount(text) + 1}", answer);
        Assert.Equal($"{text}\n", await Sandbox.Files.ReadAllTextAsync("/work/file", cancellationToken: TestTimeout.Token));
    }

    [Theory]
    [InlineData("cat", 0)]
    [InlineData("read line", 1)]
    [InlineData("read -r -s -p 'Password: ' line", 1)]
    [InlineData("grep word", 1)]
    [InlineData("wc -c", 0)]
    [InlineData("sort", 0)]
    [InlineData("head -n 1", 0)]
    [InlineData("bash", 0)]
    [InlineData("sh -s", 0)]
    [InlineData("[ -t 0 ]", 1)]
    [InlineData("cp -i a b </dev/tty", 1)]
    public async Task Bash_ProgramThatReads_FindsTheEndAtOnce(string command, int code)
    {
        await ShellAsync("touch a b");

        Assert.StartsWith($"exit code {code}\n", await CallAsync("bash", ("command", command), ("timeout_seconds", 50)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_OneCallAfterAnother_SharesFilesAndNothingElse()
    {
        await CallAsync("bash", ("command", "cd /; export KEPT=no; alias ll=ls; set -e; umask 077; echo text >/work/file"));

        Assert.Equal("exit code 0\n/work none text", await CallAsync("bash", ("command", "echo $PWD ${KEPT-none} $(cat file); false; true")));
    }

    [Fact]
    public async Task Bash_VariablesOfTheSandbox_GoBeforeTheUsualOnes()
    {
        await using var lifetime = await CreateSandboxAsync(static options => options with
        {
            EnvironmentVariables = new Dictionary<string, string> { ["PAGER"] = "less -R", ["OWN"] = "a 'b' $c\nd" },
        });
        var tools = new ModalSandboxTools(lifetime.Sandbox);

        Assert.Equal("exit code 0\nless -R a 'b' $c\nd cat", await CallAsync(tools, "bash", ("command", "echo \"$PAGER $OWN $GIT_PAGER\"")));
    }

    [Fact]
    public async Task Bash_ChildInTheBackground_LivesOn()
    {
        var text = await CallAsync("bash", ("command", "(until [ -e go ]; do sleep 0.05; done; echo late; echo over >done) & echo started"));

        Assert.Equal("exit code 0\nstarted", text);
        Assert.Equal("none\n", await ShellAsync("cat done 2>/dev/null || echo none"));
        Assert.Equal("over\n", await ShellAsync("touch go; until [ -s done ]; do sleep 0.05; done; cat done"));
    }

    [Fact]
    public async Task Bash_TimeLimit_EndsAllThatItStartedAndNothingElse()
    {
        await CallAsync("bash", ("command", "sleep 301 & echo $! >other"));

        var text = await CallAsync("bash", ("command", "echo kept >file; echo out; echo err >&2; sh -c 'sleep 302 & echo $! >child; wait'"), ("timeout_seconds", 2));

        Assert.StartsWith("timed out: killed after 2 s", text, StringComparison.Ordinal);
        Assert.EndsWith("\nout\nerr", text, StringComparison.Ordinal);
        Assert.Equal("gone\n", await ShellAsync("until ! kill -0 $(cat child) 2>/dev/null; do sleep 0.05; done; echo gone"));
        Assert.Equal("exit code 0\nkept runs", await CallAsync("bash", ("command", "kill -0 $(cat other) && echo $(cat file) runs")));
    }

    [Theory]
    [InlineData("2147483647")]
    [InlineData("99999999999999999999")]
    [InlineData("1e300")]
    [InlineData("601")]
    public async Task Bash_HugeTimeLimit_IsLoweredAndSaid(string seconds)
    {
        Assert.Equal(
            "exit code 0; timeout_seconds was lowered to 600, the longest there is\n(no output)", await CallAsync("bash", ("command", "true"), ("timeout_seconds", seconds)));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData("soon")]
    [InlineData("")]
    public async Task Bash_TimeLimitThatIsNoNumberOfSeconds_StartsNothing(object seconds)
    {
        var text = await CallAsync("bash", ("command", "touch /work/ran"), ("timeout_seconds", seconds));

        Assert.StartsWith("Error: bash was not run: argument 'timeout_seconds' has to be an integer.", text, StringComparison.Ordinal);
        Assert.Equal("no\n", await ShellAsync("[ -e /work/ran ] || echo no"));
    }

    [Fact]
    public async Task Bash_Cancelled_EndsAllThatItStarted()
    {
        using var cancellation = new CancellationTokenSource();
        var bash = Tools.OfType<AIFunction>().Single(static tool => tool.Name == "bash");

        var call = bash.InvokeAsync(new() { ["command"] = "sh -c 'trap \"\" TERM; sleep 303 & echo $! >child; wait' & wait" }, cancellation.Token).AsTask();
        await ShellAsync("until [ -s child ]; do sleep 0.05; done");
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("gone\n", await ShellAsync("until ! kill -0 $(cat child) 2>/dev/null; do sleep 0.05; done; echo gone"));
        Assert.Equal("exit code 0\nalive", await CallAsync("bash", ("command", "echo alive")));
    }

    [Fact]
    public async Task Bash_CancelledBeforehand_StartsNothing()
    {
        var bash = Tools.OfType<AIFunction>().Single(static tool => tool.Name == "bash");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await bash.InvokeAsync(new() { ["command"] = "touch ran" }, new CancellationToken(canceled: true)));

        Assert.Equal("no\n", await ShellAsync("[ -e ran ] || echo no"));
    }

    [Fact]
    public async Task Bash_SandboxThatEndsMeanwhile_IsSaid()
    {
        await using var lifetime = await CreateSandboxAsync();
        var tools = new ModalSandboxTools(lifetime.Sandbox);

        var call = CallAsync(tools, "bash", ("command", "touch /tmp/begun; sleep 304"));
        await lifetime.Sandbox.ExecuteAsync("until [ -e /tmp/begun ]; do sleep 0.05; done", TestTimeout.Token);
        await lifetime.Sandbox.TerminateAsync(TestTimeout.Token);

        Assert.StartsWith("Error: The sandbox has ended", await call, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_ManyAtOnceInTheirOwnDirectories_DoNotMeddle()
    {
        await ShellAsync("for i in 0 1 2 3 4 5 6 7; do mkdir d$i; done");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => CallAsync(
            "bash", ("command", $"export N={number}; for i in 1 2 3; do echo $N ${{PWD##*/}}; sleep 0.05; done; echo $N >mine; exit $N"), ("workdir", $"d{number}"))));

        Assert.Equal(
            Enumerable.Range(0, 8).Select(static number => string.Create(CultureInfo.InvariantCulture, $"exit code {number}\n{number} d{number}\n{number} d{number}\n{number} d{number}")),
            answers);
        Assert.Equal("01234567\n", await ShellAsync("cat d*/mine | tr -d '\\n'; echo"));
    }

    /// <summary>What comes after our line.</summary>
    private static string Output(string answer) => answer[(answer.IndexOf('\n', StringComparison.Ordinal) + 1)..];
}
