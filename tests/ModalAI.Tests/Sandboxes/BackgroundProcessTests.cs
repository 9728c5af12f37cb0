using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModalAI.Emulator;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>Processes in the background: <see cref="ModalSandbox.Processes"/>.</summary>
public sealed class BackgroundProcessTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private static readonly ModalReadOutputOptions Waiting = new() { Wait = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task ReadOutput_SinceAnOffset_GivesWhatIsNewAndThenTheEnd()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync("echo one; echo two >&2; read x; echo $x; exit 5", TestTimeout.Token);

        var first = await ReadUntilAsync(process, 0, "one\ntwo\n");
        var nothing = await process.ReadOutputAsync(first.NextOffset, cancellationToken: TestTimeout.Token);
        await process.WriteInputAsync("three\n", TestTimeout.Token);
        var last = await ReadToEndAsync(process, first.NextOffset);

        Assert.Equal(("one\ntwo\n", 8L, true, false), (first.GetText(), first.NextOffset, first.IsRunning, first.IsComplete));
        Assert.Equal((0, 8L, true, false), (nothing.Data.Length, nothing.NextOffset, nothing.IsRunning, nothing.IsComplete));
        Assert.Equal(("three\n", 5), last);
        Assert.Equal(("two\nthree\n", 5), await ReadToEndAsync(process, 4));
    }

    [Fact]
    public async Task TryAdd_Cancelled_GivesItsPlaceBack()
    {
        await using var lifetime = await CreateSandboxAsync();
        var processes = lifetime.Sandbox.Processes;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => processes.TryAddAsync(Guid.NewGuid().ToString(), "one", maxRunning: 1, new CancellationToken(canceled: true)));

        Assert.True(await processes.TryAddAsync(Guid.NewGuid().ToString(), "two", maxRunning: 1, TestTimeout.Token));
    }

    [Fact]
    public async Task ReadOutput_OfStandardError_IsApartUnlessTheCommandMergesIt()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync(ModalCommand.Shell("echo out; echo err >&2"), cancellationToken: TestTimeout.Token);

        Assert.Equal(("out\n", 0), await ReadToEndAsync(process, 0));
        var error = await process.ReadOutputAsync(1, Waiting with { StandardError = true }, TestTimeout.Token);

        Assert.Equal("rr\n", error.GetText());
        var merged = await lifetime.Sandbox.Processes.StartAsync("echo out; echo err >&2", TestTimeout.Token);
        var exception = await Assert.ThrowsAsync<ModalException>(() => merged.ReadOutputAsync(0, Waiting with { StandardError = true }, TestTimeout.Token));
        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
        exception = await Assert.ThrowsAsync<ModalException>(() => merged.FollowOutputAsync((_, _) => default, 0, standardError: true, TestTimeout.Token));
        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
    }

    [Fact]
    public async Task ReadOutput_OfMoreThanItTakes_GoesOnAtTheNextOffsetWithWholeCharacters()
    {
        await using var lifetime = await CreateSandboxAsync();
        var text = string.Concat(Enumerable.Range(0, 500).Select(static i => $"é€😀{i}"));
        await lifetime.Sandbox.Files.WriteAllTextAsync("/tmp/text", text, TestTimeout.Token);
        var process = await lifetime.Sandbox.Processes.StartAsync("cat /tmp/text", TestTimeout.Token);
        await process.WaitForExitAsync(TestTimeout.Token);
        var read = new StringBuilder();
        ModalProcessOutput part;
        var offset = 0L;
        do
        {
            part = await process.ReadOutputAsync(offset, new() { MaxBytes = 100 }, TestTimeout.Token);
            Assert.InRange(part.Data.Length, 0, 100);
            read.Append(part.GetText());
            offset = part.NextOffset;
        }
        while (!part.IsComplete && offset < Encoding.UTF8.GetByteCount(text));

        Assert.Equal(text, read.ToString());
    }

    [Fact]
    public async Task ReadOutput_OfAHalfCharacterAlone_GivesItAsItIs()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync(@"printf 'a\342\202'; read x; printf '\254'", TestTimeout.Token);

        var whole = await ReadUntilAsync(process, 0, "a");
        var half = await process.ReadOutputAsync(whole.NextOffset, Waiting, TestTimeout.Token);
        await process.CloseInputAsync(TestTimeout.Token);
        await process.WaitForExitAsync(TestTimeout.Token);

        Assert.Equal((1L, 2), (whole.NextOffset, half.Data.Length));
        Assert.Equal(("€", 0), await ReadToEndAsync(process, 1));
    }

    [Fact]
    public async Task ReadOutput_OfOneThatPrintsAllTheTime_Returns()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync("while true; do echo tick; sleep 0.01; done", TestTimeout.Token);

        var read = await process.ReadOutputAsync(0, Waiting, TestTimeout.Token);

        Assert.True(read is { IsRunning: true, Data.IsEmpty: false });
        Assert.True(await process.KillAsync(TimeSpan.Zero, TestTimeout.Token));
    }

    [Fact]
    public async Task ReadOutput_OfOneWhoseChildKeepsTheOutput_TellsTheExitCode()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync("echo done; sleep 600 & exit 3", TestTimeout.Token);
        await process.WaitForExitAsync(TestTimeout.Token);

        var read = await ReadUntilAsync(process, 0, "done\n");

        Assert.Equal((3, false), (read.ExitCode, read.IsComplete));
        Assert.True(await process.KillAsync(cancellationToken: TestTimeout.Token));
        Assert.Equal(("", 3), await ReadToEndAsync(process, 5));
    }

    [Fact]
    public async Task ReadOutput_OfOneThatIsSilent_CostsTwoCalls()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync("echo out; cat", TestTimeout.Token);
        await ReadUntilAsync(process, 0, "out\n");
        var before = Calls("TaskExecStdioRead", "TaskExecPoll", "TaskExecWait");

        await process.ReadOutputAsync(0, cancellationToken: TestTimeout.Token);

        Assert.Equal(2, Calls("TaskExecStdioRead", "TaskExecPoll", "TaskExecWait") - before);
        Assert.True(await process.KillAsync(cancellationToken: TestTimeout.Token));
    }

    [Theory]
    [InlineData(-1, 1, 0)]
    [InlineData(0, 0, 0)]
    [InlineData(0, 1, -1)]
    public async Task ReadOutput_WithAnArgumentThatCannotBe_IsRefused(long offset, int maxBytes, int waitSeconds)
    {
        await using var sandbox = Client.Sandboxes.Get(ScriptedRouter.SandboxId);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => sandbox.Processes.Get("id").ReadOutputAsync(
            offset, new() { MaxBytes = maxBytes, Wait = TimeSpan.FromSeconds(waitSeconds) }, TestTimeout.Token));
    }

    [Fact]
    public async Task FollowOutput_WithBrokenConnections_HasEveryByteOnce()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync(
            "head -c 3000000 /dev/urandom > /tmp/copy; head -c 1000000 /tmp/copy; read x; tail -c 2000000 /tmp/copy", TestTimeout.Token);
        using var fault = Fixture.Emulator.Faults.Add(
            new ModalEmulatorFaultRule("TaskExecStdioRead") { BreakAfterSent = 100_000, Break = ModalEmulatorBreak.EndStream });
        using var output = new MemoryStream();

        await foreach (var chunk in process.FollowOutputAsync(cancellationToken: TestTimeout.Token))
        {
            Assert.Equal(output.Length, chunk.Offset);
            if (chunk.Offset < 1_000_000 && chunk.NextOffset >= 1_000_000)
            {
                await process.WriteInputAsync("\n", TestTimeout.Token);
            }

            output.Write(chunk.Data.Span);
        }

        Assert.True(fault.Hits > 20);
        Assert.Equal(0, await process.WaitForExitAsync(TestTimeout.Token));
        Assert.Equal(await HashOfAsync(lifetime.Sandbox, "/tmp/copy"), Convert.ToHexStringLower(SHA256.HashData(output.ToArray())));
    }

    [Fact]
    public async Task FollowOutput_ByAnotherClientFromAnOffset_GoesOnWhereTheFirstStopped()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var output = new MemoryStream();
        string id;
        await using (var first = Fixture.CreateClient())
        {
            var process = await first.Sandboxes.Get(lifetime.Sandbox.Id).Processes.StartAsync(
                "head -c 3000000 /dev/urandom | tee /tmp/copy; read x; cat /tmp/copy", TestTimeout.Token);
            id = process.Id;
            await foreach (var chunk in process.FollowOutputAsync(cancellationToken: TestTimeout.Token))
            {
                output.Write(chunk.Data.Span);
                if (output.Length > 1_234_567)
                {
                    break;
                }
            }
        }

        await using var second = Fixture.CreateClient();
        var found = Assert.Single(await second.Sandboxes.Get(lifetime.Sandbox.Id).Processes.ListAsync(TestTimeout.Token));
        Assert.Equal((id, true), (found.Id, found.IsRunning));
        var taken = second.Sandboxes.Get(lifetime.Sandbox.Id).Processes.Get(found.Id);
        await taken.WriteInputAsync("go\n", TestTimeout.Token);
        await taken.FollowOutputAsync(
            (chunk, _) =>
            {
                Assert.Equal(output.Length, chunk.Offset);
                output.Write(chunk.Data.Span);
                return ValueTask.CompletedTask;
            },
            output.Length,
            cancellationToken: TestTimeout.Token);

        Assert.Equal(0, await taken.WaitForExitAsync(TestTimeout.Token));
        var hash = await HashOfAsync(lifetime.Sandbox, "/tmp/copy");
        Assert.Equal((hash, hash), (HashOf(output, 0, 3_000_000), HashOf(output, 3_000_000, 3_000_000)));
    }

    [Fact]
    public async Task WriteInput_ByTwoClientsInTurns_ArrivesInOrder()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token);
        await using var client = Fixture.CreateClient();
        var other = client.Sandboxes.Get(lifetime.Sandbox.Id).Processes.Get(process.Id);

        await process.WriteInputAsync("one ", TestTimeout.Token);
        await other.WriteInputAsync("two ", TestTimeout.Token);
        await process.WriteInputAsync("three"u8.ToArray(), TestTimeout.Token);
        await other.CloseInputAsync(TestTimeout.Token);
        await process.CloseInputAsync(TestTimeout.Token);

        Assert.Equal(0, await process.WaitForExitAsync(TestTimeout.Token));
        Assert.Equal(("one two three", 0), await ReadToEndAsync(process, 0));
        var exception = await Assert.ThrowsAsync<ModalException>(() => process.WriteInputAsync("four", TestTimeout.Token));
        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
    }

    [Fact]
    public async Task WaitForExit_WithATimeLimit_TellsThatItStillRuns()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync("read x; exit 4", TestTimeout.Token);

        Assert.Null(await process.WaitForExitAsync(TimeSpan.FromMilliseconds(50), TestTimeout.Token));
        Assert.Null(await process.PollAsync(TestTimeout.Token));
        await process.CloseInputAsync(TestTimeout.Token);
        Assert.Equal(4, await process.WaitForExitAsync(TimeSpan.FromMinutes(1), TestTimeout.Token));
    }

    [Fact]
    public async Task Kill_WithAGracePeriod_LetsItsProcessesEndByThemselves()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync(
            "setsid sh -c \"trap 'sleep 0.3; echo child >> /tmp/ended; exit' TERM; echo >> /tmp/ready; while true; do sleep 0.01; done\" & "
            + "trap 'echo parent >> /tmp/ended; exit 7' TERM; echo >> /tmp/ready; while true; do sleep 0.01; done", TestTimeout.Token);
        await UntilAsync(async () => (await lifetime.Sandbox.ExecuteAsync("cat /tmp/ready", TestTimeout.Token)).StandardOutput == "\n\n");

        Assert.True(await process.KillAsync(TimeSpan.FromSeconds(30), TestTimeout.Token));

        Assert.Equal(7, await process.PollAsync(TestTimeout.Token));
        Assert.Equal("child\nparent\n", (await lifetime.Sandbox.ExecuteAsync("sort /tmp/ended", TestTimeout.Token)).StandardOutput);
    }

    [Theory]
    [InlineData("trap '' TERM; sleep 603; sleep 603")]
    [InlineData("setsid sh -c 'trap \"\" TERM; sleep 603' & sleep 603")]
    [InlineData("(setsid sh -c 'trap \"\" TERM; sleep 603 & sleep 603' &) ; sleep 603")]
    [InlineData("sleep 603 & kill -STOP $!; sleep 603 & kill -STOP $$")]
    [InlineData("env -i setsid sh -c 'trap \"\" TERM; sleep 603 & sleep 603' & sleep 603")]
    [InlineData("setsid sleep 603 & exit 0")]
    public async Task Kill_OfStubbornProcesses_LeavesNone(string commandLine)
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync(commandLine, TestTimeout.Token);
        await UntilAsync(async () => await CountSleepersAsync(lifetime.Sandbox) > 0);

        Assert.True(await process.KillAsync(TimeSpan.FromSeconds(0.5), TestTimeout.Token));

        Assert.NotNull(await process.PollAsync(TestTimeout.Token));
        Assert.Equal(0, await CountSleepersAsync(lifetime.Sandbox));
    }

    [Fact]
    public async Task List_ByAnotherClient_ShowsWhatRunsAndHowTheOthersEnded()
    {
        await using var lifetime = await CreateSandboxAsync();
        var failed = await lifetime.Sandbox.Processes.StartAsync("exit 9", TestTimeout.Token);
        var server = await lifetime.Sandbox.Processes.StartAsync(ModalCommand.Create("sleep", "600"), "the\nserver", TestTimeout.Token);
        var killed = await lifetime.Sandbox.Processes.StartAsync(ModalCommand.Create("sleep", "601"), cancellationToken: TestTimeout.Token);
        await failed.WaitForExitAsync(TestTimeout.Token);
        await killed.KillAsync(TimeSpan.Zero, TestTimeout.Token);
        await lifetime.Sandbox.ExecuteAsync("true", TestTimeout.Token);
        await using var client = Fixture.CreateClient();

        var list = await client.Sandboxes.Get(lifetime.Sandbox.Id).Processes.ListAsync(TestTimeout.Token);

        Assert.Equal(
            [(failed.Id, "exit 9", 9), (server.Id, "the\nserver", null), (killed.Id, "sleep 601", 137)],
            list.Select(process => (process.Id, process.Description, process.ExitCode)));
        Assert.All(list, process => Assert.InRange(DateTimeOffset.UtcNow - process.StartedAt, TimeSpan.Zero, TimeSpan.FromMinutes(2)));
        Assert.Equal(list, await lifetime.Sandbox.Processes.ListAsync(TestTimeout.Token));
        Assert.True(await server.KillAsync(TimeSpan.Zero, TestTimeout.Token));
    }

    [Fact]
    public async Task List_InASandboxThatMeddles_ShowsNoProcessThatModalDoesNotKnow()
    {
        await using var lifetime = await CreateSandboxAsync();
        Assert.Empty(await lifetime.Sandbox.Processes.ListAsync(TestTimeout.Token));
        var process = await lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token);
        var old = $"/tmp/.modalai/processes/{Guid.NewGuid()}.1000.eA";
        var young = $"/tmp/.modalai/processes/{Guid.NewGuid()}.{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}.eA";
        await lifetime.Sandbox.ExecuteAsync(
            $"cd /tmp/.modalai/processes && rmdir * && mkfifo a.b.c x '{process.Id}.1.%' && mkdir {old} {young} {Guid.NewGuid()}.99999999999999999.eA",
            TestTimeout.Token);

        var list = await lifetime.Sandbox.Processes.ListAsync(TestTimeout.Token);

        Assert.Equal([(process.Id, "cat")], list.Select(info => (info.Id, info.Description)));
        await UntilAsync(async () => !await lifetime.Sandbox.Files.ExistsAsync(old, TestTimeout.Token));
        Assert.True(await lifetime.Sandbox.Files.ExistsAsync(young, TestTimeout.Token));
        Assert.True(await process.KillAsync(TimeSpan.Zero, TestTimeout.Token));
    }

    [Fact]
    public async Task Start_WithManyThatHaveEnded_KeepsTheListBounded()
    {
        await using var lifetime = await CreateSandboxAsync();
        var server = await lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token);
        for (var i = 0; i < ModalProcesses.MaxEnded + 5; i++)
        {
            var process = await lifetime.Sandbox.Processes.StartAsync($"exit {i}", TestTimeout.Token);
            await process.WaitForExitAsync(TestTimeout.Token);
        }

        var list = await lifetime.Sandbox.Processes.ListAsync(TestTimeout.Token);

        Assert.Equal(ModalProcesses.MaxEnded + 1, list.Count);
        Assert.Equal(["cat", "exit 5"], list.Take(2).Select(process => process.Description));
        await UntilAsync(async () => (await lifetime.Sandbox.Files.ListAsync("/tmp/.modalai/processes", TestTimeout.Token)).Count == list.Count);
        Assert.True(await server.KillAsync(TimeSpan.Zero, TestTimeout.Token));
    }

    [Fact]
    public async Task Start_BeyondTheMost_IsRefusedUntilOneHasEnded()
    {
        await using var lifetime = await CreateSandboxAsync();
        var processes = await Task.WhenAll(
            Enumerable.Range(0, ModalProcesses.MaxRunning).Select(_ => lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token)));

        var exception = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token));
        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
        Assert.Contains(ModalProcesses.MaxRunning.ToString(CultureInfo.InvariantCulture), exception.Message, StringComparison.Ordinal);
        await processes[0].CloseInputAsync(TestTimeout.Token);
        await processes[0].WaitForExitAsync(TestTimeout.Token);

        await lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token);
        Assert.Equal(ModalProcesses.MaxRunning + 1, (await lifetime.Sandbox.Processes.ListAsync(TestTimeout.Token)).Count);
    }

    [Fact]
    public async Task Start_ThatFails_LeavesNoRecord()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Processes.StartAsync("true", TestTimeout.Token);

        await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.Processes.StartAsync(
            ModalCommand.Create("true") with { WorkingDirectory = "/no/such/directory" }, cancellationToken: TestTimeout.Token));

        Assert.Single(await lifetime.Sandbox.Processes.ListAsync(TestTimeout.Token));
        await UntilAsync(async () => (await lifetime.Sandbox.Files.ListAsync("/tmp/.modalai/processes", TestTimeout.Token)).Count == 1);
    }

    [Fact]
    public async Task Start_InASandboxWithATimeLimitForCommands_IsNotLimitedByThat()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { CommandTimeout = TimeSpan.FromSeconds(1) });
        var process = await lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token);
        var limited = await lifetime.Sandbox.Processes.StartAsync(
            ModalCommand.Create("cat") with { Timeout = TimeSpan.FromSeconds(1) }, cancellationToken: TestTimeout.Token);

        Assert.Equal(137, await limited.WaitForExitAsync(TestTimeout.Token));
        Assert.Null(await process.PollAsync(TestTimeout.Token));
        Assert.True(await process.KillAsync(TimeSpan.Zero, TestTimeout.Token));
    }

    [Fact]
    public async Task Processes_OfASandboxThatHasEnded_SaySo()
    {
        var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.Processes.StartAsync("cat", TestTimeout.Token);
        await lifetime.DisposeAsync();
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        Func<Task>[] uses =
        [
            () => lifetime.Sandbox.Processes.StartAsync("true", TestTimeout.Token),
            () => lifetime.Sandbox.Processes.ListAsync(TestTimeout.Token),
        ];

        foreach (var use in uses)
        {
            var exception = await Assert.ThrowsAsync<ModalException>(use);
            Assert.Equal(ModalErrorCode.SandboxEnded, exception.Code);
        }

        Assert.True(await process.KillAsync(cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Get_OfAnUnknownProcess_IsNotFoundInAllThatItDoes()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = lifetime.Sandbox.Processes.Get(Guid.NewGuid().ToString());
        Func<Task>[] uses =
        [
            () => process.ReadOutputAsync(cancellationToken: TestTimeout.Token),
            () => process.ReadOutputAsync(0, Waiting, TestTimeout.Token),
            () => process.FollowOutputAsync((_, _) => default, cancellationToken: TestTimeout.Token),
            () => process.PollAsync(TestTimeout.Token),
            () => process.WaitForExitAsync(TestTimeout.Token),
            () => process.WriteInputAsync("x", TestTimeout.Token),
            () => process.CloseInputAsync(TestTimeout.Token),
            () => process.KillAsync(TimeSpan.Zero, TestTimeout.Token),
        ];

        foreach (var use in uses)
        {
            var exception = await Assert.ThrowsAsync<ModalException>(use);
            Assert.Equal(ModalErrorCode.NotFound, exception.Code);
            Assert.Contains(process.Id, exception.Message, StringComparison.Ordinal);
        }
    }

    private int Calls(params string[] rpcs) =>
        Fixture.Emulator.Ledger.RpcCounts.Where(count => rpcs.Contains(count.Key)).Sum(static count => count.Value);

    /// <summary>Reads until the output from the offset on is this.</summary>
    private static async Task<ModalProcessOutput> ReadUntilAsync(ModalBackgroundProcess process, long offset, string text)
    {
        while (true)
        {
            var read = await process.ReadOutputAsync(offset, Waiting, TestTimeout.Token);
            if (read.GetText() == text)
            {
                return read;
            }

            Assert.StartsWith(read.GetText(), text, StringComparison.Ordinal);
        }
    }

    private static async Task<(string Text, int? ExitCode)> ReadToEndAsync(ModalBackgroundProcess process, long offset)
    {
        var text = new StringBuilder();
        while (true)
        {
            var read = await process.ReadOutputAsync(offset, Waiting, TestTimeout.Token);
            text.Append(read.GetText());
            offset = read.NextOffset;
            if (read.IsComplete)
            {
                return (text.ToString(), read.ExitCode);
            }
        }
    }

    private static string HashOf(MemoryStream stream, int start, int length) =>
        Convert.ToHexStringLower(SHA256.HashData(stream.GetBuffer().AsSpan(start, length)));

    private static async Task<string> HashOfAsync(ModalSandbox sandbox, string path) =>
        (await sandbox.ExecuteAsync(ModalCommand.Create("sha256sum", path), TestTimeout.Token)).StandardOutput[..64];

    private static async Task<int> CountSleepersAsync(ModalSandbox sandbox)
    {
        var result = await sandbox.ExecuteAsync(
            "grep -lsF 603 /proc/[0-9]*/cmdline | while read f; do tr '\\0' ' ' < $f; echo; done | grep -c '^sleep 603'", TestTimeout.Token);
        return int.Parse(result.StandardOutput.Trim(), CultureInfo.InvariantCulture);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var limit = TestTimeout.Token;
        while (!await condition())
        {
            limit.ThrowIfCancellationRequested();
        }
    }
}
