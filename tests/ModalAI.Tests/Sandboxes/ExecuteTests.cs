using System.Security.Cryptography;
using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

public sealed class ExecuteTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Execute_CommandLine_GivesOutputAndExitCode()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync("echo out; echo err >&2; exit 3", TestTimeout.Token);

        Assert.Equal(3, result.ExitCode);
        Assert.Equal("out\n", result.StandardOutput);
        Assert.Equal("err\n", result.StandardError);
        Assert.False(result.TimedOut);
        Assert.Throws<ModalCommandFailedException>(result.EnsureSuccess);
    }

    [Theory]
    [InlineData(true, false, "", "err\n")]
    [InlineData(false, true, "out\n", "")]
    [InlineData(true, true, "", "")]
    public async Task Execute_OutputThrownAway_GivesTheOtherAndTheExitCode(bool output, bool error, string expectedOutput, string expectedError)
    {
        await using var lifetime = await CreateSandboxAsync();
        var command = ModalCommand.Shell("echo out; echo err >&2; exit 3") with { DiscardOutput = output, DiscardError = error };

        var result = await lifetime.Sandbox.ExecuteAsync(command, TestTimeout.Token);

        Assert.Equal((3, expectedOutput, expectedError), (result.ExitCode, result.StandardOutput, result.StandardError));
    }

    [Fact]
    public async Task Execute_OutputMergedAndThrownAway_IsRefused()
    {
        await using var lifetime = await CreateSandboxAsync();

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("true") with { MergeOutput = true, DiscardError = true }, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        Assert.Contains("MergeOutput", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("two words")]
    [InlineData("'single' \"double\" `back` $(touch /tmp/x) ; & | > <")]
    [InlineData("new\nline\ttab")]
    [InlineData("-n")]
    [InlineData("ünïcödé 🙂")]
    [InlineData("")]
    public async Task Execute_Arguments_ArriveAsTheyAre(string argument)
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("printf", "[%s]", argument), TestTimeout.Token);

        Assert.Equal($"[{argument}]", result.StandardOutput);
    }

    [Fact]
    public async Task Execute_WorkingDirectoryAndVariables_ReachTheCommand()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with
        {
            EnvironmentVariables = new Dictionary<string, string> { ["FROM_SANDBOX"] = "1", ["BOTH"] = "sandbox" },
            WorkingDirectory = "/work",
        });

        var inSandbox = await lifetime.Sandbox.ExecuteAsync("pwd; echo $FROM_SANDBOX $BOTH $FROM_COMMAND", TestTimeout.Token);
        var inCommand = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("pwd; echo $FROM_SANDBOX $BOTH $FROM_COMMAND") with
            {
                WorkingDirectory = "/tmp",
                EnvironmentVariables = new Dictionary<string, string> { ["BOTH"] = "command", ["FROM_COMMAND"] = "2" },
            },
            TestTimeout.Token);

        Assert.Equal("/work\n1 sandbox\n", inSandbox.StandardOutput);
        Assert.Equal("/tmp\n1 command 2\n", inCommand.StandardOutput);
    }

    [Fact]
    public async Task Execute_Secrets_NamedAndValuesInOrder()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with
        {
            Secrets = [ModalSecret.FromName("warehouse-credentials"), ModalSecret.FromValues([new("WAREHOUSE_USER", "override")])],
        });

        var sandboxSecrets = await lifetime.Sandbox.ExecuteAsync("echo $WAREHOUSE_USER $WAREHOUSE_PASSWORD", TestTimeout.Token);
        var commandSecret = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("echo $ONLY_HERE") with { Secrets = [ModalSecret.FromValues([new("ONLY_HERE", "yes")])] }, TestTimeout.Token);

        Assert.Equal("override s3cret-value\n", sandboxSecrets.StandardOutput);
        Assert.Equal("yes\n", commandSecret.StandardOutput);
    }

    [Fact]
    public async Task Execute_NoInput_IsClosedAtOnce()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync("cat; echo done", TestTimeout.Token);

        Assert.Equal("done\n", result.StandardOutput);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Execute_LargeInput_ArrivesWhole(bool seekable)
    {
        var bytes = RandomNumberGenerator.GetBytes(10 * 1024 * 1024 + 17);
        using var memory = new MemoryStream(bytes);
        await using Stream input = seekable ? memory : new ForwardOnlyStream(memory);
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("sha256sum") with { StandardInput = input }, TestTimeout.Token);

        Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(bytes)), result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_CommandThatIgnoresItsInput_Succeeds()
    {
        using var input = new MemoryStream(new byte[8 * 1024 * 1024]);
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("true") with { StandardInput = input }, TestTimeout.Token);

        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Execute_MergedOutput_KeepsTheOrder()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("for i in 1 2 3; do echo out$i; echo err$i >&2; done") with { MergeOutput = true }, TestTimeout.Token);

        Assert.Equal("out1\nerr1\nout2\nerr2\nout3\nerr3\n", result.StandardOutput);
        Assert.Equal("", result.StandardError);
    }

    [Fact]
    public async Task Execute_TimeLimit_KillsTheCommandAndKeepsItsOutput()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("echo before; sleep 600") with { Timeout = TimeSpan.FromSeconds(1) }, TestTimeout.Token);
        var next = await lifetime.Sandbox.ExecuteAsync("echo alive", TestTimeout.Token);

        Assert.True(result.TimedOut);
        Assert.Equal(137, result.ExitCode);
        Assert.Equal("before\n", result.StandardOutput);
        Assert.Equal("alive\n", next.StandardOutput);
    }

    [Theory]
    [InlineData(30_000)]
    [InlineData(Timeout.Infinite)]
    public async Task Execute_KilledBeforeItsTimeLimit_IsNoTimeout(int milliseconds)
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("kill -KILL $$") with { Timeout = TimeSpan.FromMilliseconds(milliseconds) }, TestTimeout.Token);

        Assert.Equal(137, result.ExitCode);
        Assert.False(result.TimedOut);
    }

    [Fact]
    public async Task Execute_MoreOutputThanIsKept_KeepsStartAndEndAndCounts()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("echo first; i=0; while [ $i -lt 3000 ]; do echo 'line of some length'; i=$((i+1)); done; echo last") with { MaxOutputBytes = 1000 },
            TestTimeout.Token);

        Assert.True(result.IsOutputTruncated);
        Assert.Equal(6 + (3000 * 20) + 5, result.StandardOutputBytes);
        Assert.StartsWith("first\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.EndsWith("\nlast\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("bytes left out", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ChildThatKeepsTheOutputOpen_DoesNotHoldTheCallUp()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync("sleep 300 & echo started", TestTimeout.Token);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal("started\n", result.StandardOutput);
    }

    [Fact]
    public async Task Execute_MissingProgram_Ends127AndNamesIt()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("no-such-program"), TestTimeout.Token);

        Assert.Equal(127, result.ExitCode);
        Assert.Contains("no-such-program", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_CommandOverTheLimit_SaysHowLongAndWhatToDo()
    {
        await using var lifetime = await CreateSandboxAsync();

        // 40,000 characters, 80,000 bytes: counted as Modal's server does.
        var exception = await Assert.ThrowsAsync<ModalException>(
            () => lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("echo", new string('é', 40_000)), TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        Assert.Contains("80004 bytes", exception.Message, StringComparison.Ordinal);
        Assert.Contains("65536", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sleep 601")]
    [InlineData("setsid sleep 601 & sleep 601")]
    [InlineData("(setsid sh -c 'sleep 601' &) ; trap '' TERM HUP INT; sleep 601")]
    [InlineData("env -i sleep 601")]
    public async Task Execute_Cancelled_KillsTheCommandAndItsChildren(string commandLine)
    {
        await using var lifetime = await CreateSandboxAsync();
        using var cancellation = new CancellationTokenSource();
        var marker = ModalCommand.Shell($"echo up > /tmp/up; {commandLine}");
        var running = lifetime.Sandbox.ExecuteAsync(marker, cancellation.Token);
        await UntilAsync(async () => await lifetime.Sandbox.Files.ExistsAsync("/tmp/up", TestTimeout.Token));
        await UntilAsync(async () => await CountSleepersAsync(lifetime.Sandbox) > 0);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await UntilAsync(async () => await CountSleepersAsync(lifetime.Sandbox) == 0);
    }

    [Fact]
    public async Task Execute_CancelledBeforehand_StartsNothing()
    {
        await using var lifetime = await CreateSandboxAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lifetime.Sandbox.ExecuteAsync("touch /tmp/ran", new CancellationToken(canceled: true)));

        Assert.False(await lifetime.Sandbox.Files.ExistsAsync("/tmp/ran", TestTimeout.Token));
    }

    [Fact]
    public async Task Execute_InTerminatedSandbox_SaysThatItHasEnded()
    {
        var lifetime = await CreateSandboxAsync();
        await lifetime.DisposeAsync();
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        var exception = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.ExecuteAsync("true", TestTimeout.Token));

        Assert.Equal(ModalErrorCode.SandboxEnded, exception.Code);
        Assert.Contains(lifetime.Sandbox.Id, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ManyAtOnce_EachGetsItsOwnOutput()
    {
        await using var lifetime = await CreateSandboxAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => lifetime.Sandbox.ExecuteAsync($"echo {i}", TestTimeout.Token)));

        Assert.Equal(Enumerable.Range(0, 32).Select(i => $"{i}\n"), results.Select(result => result.StandardOutput));
    }

    private static async Task<int> CountSleepersAsync(ModalSandbox sandbox)
    {
        var result = await sandbox.ExecuteAsync("grep -lsF 601 /proc/[0-9]*/cmdline | while read f; do tr '\\0' ' ' < $f; echo; done | grep -c '^sleep 601'", TestTimeout.Token);
        return int.Parse(result.StandardOutput.Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("s3cret\0value")]
    [InlineData(null)]
    public async Task Execute_VariableThatNoProcessCanBeGiven_IsRefusedByNameWithoutItsValue(string? value)
    {
        await using var lifetime = await CreateSandboxAsync();

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("env") with { EnvironmentVariables = new Dictionary<string, string> { ["BAD"] = value! } }, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        Assert.Contains("'BAD'", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.ToString(), StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var limit = TestTimeout.Token;
        while (!await condition())
        {
            limit.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task Execute_TimeLimitThatIsNone_IsRefusedBeforeAnythingIsSent()
    {
        await using var lifetime = await CreateSandboxAsync();

        foreach (var timeout in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(-5), TimeSpan.FromHours(25), TimeSpan.MaxValue })
        {
            var exception = await Assert.ThrowsAsync<ModalException>(
                () => lifetime.Sandbox.ExecuteAsync(ModalCommand.Shell("true") with { Timeout = timeout }, TestTimeout.Token));
            Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        }
    }
}
