using System.Diagnostics;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

/// <summary>Modal on a bad day: tokens that are rotated, replies that are lost, calls that are throttled, routers that move, sandboxes that die.</summary>
public sealed class FaultTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private ModalEmulatorFaults Faults => Fixture.Emulator.Faults;

    [Fact]
    public async Task AuthToken_RotatedByTheServer_CostsOneRefreshAndNoError()
    {
        await using var lifetime = await CreateSandboxAsync();
        var before = Count("AuthTokenGet");

        Faults.RotateAuthTokens();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => lifetime.Sandbox.PollAsync(TestTimeout.Token)));

        Assert.Equal(1, Count("AuthTokenGet") - before);
    }

    [Fact]
    public async Task AuthToken_RotatedAgainAndAgain_CostsOneRefreshEach()
    {
        await using var lifetime = await CreateSandboxAsync();
        var before = Count("AuthTokenGet");

        for (var i = 0; i < 5; i++)
        {
            Faults.RotateAuthTokens();
            Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));
        }

        Assert.Equal(5, Count("AuthTokenGet") - before);
    }

    [Fact]
    public async Task RouterToken_RotatedByTheServer_CostsOneRefreshAndNoError()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.ExecuteAsync("true", TestTimeout.Token);
        var before = Count("SandboxGetCommandRouterAccess");

        Faults.RotateRouterTokens();
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => lifetime.Sandbox.ExecuteAsync($"echo {i}", TestTimeout.Token)));

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}\n"), results.Select(result => result.StandardOutput));
        Assert.Equal(1, Count("SandboxGetCommandRouterAccess") - before);
    }

    [Fact]
    public async Task RouterToken_RotatedWhileOutputIsRead_GoesOnWhereItStopped()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Shell("echo one; read line; echo two"), TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput);
        Assert.Equal("one", await output.ReadLineAsync(TestTimeout.Token));

        // The stream that is open breaks, and is opened again with a token that is refused.
        Faults.RotateRouterTokens();
        var next = output.ReadLineAsync(TestTimeout.Token);
        await Faults.MoveRouterAsync(TestTimeout.Token);
        await process.StandardInput.WriteAsync("go\n"u8.ToArray(), TestTimeout.Token);

        Assert.Equal("two", await next);
    }

    [Fact]
    public async Task Create_ReplyLost_MakesOneSandbox()
    {
        var name = $"lost-{Guid.NewGuid():N}";
        using var fault = Faults.Add(new ModalEmulatorFaultRule("SandboxCreateV2") { LosesReply = true, Times = 2 });

        await using var lifetime = await CreateSandboxAsync(options => options with { Name = name });

        Assert.Equal(2, fault.Hits);
        Assert.Equal(lifetime.Sandbox.Id, Assert.Single(Fixture.Emulator.Ledger.Sandboxes, sandbox => sandbox.Name == name).Id);
        Assert.Equal("served\n", (await lifetime.Sandbox.ExecuteAsync("echo served", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Start_ReplyLost_RunsTheCommandOnce()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var fault = Faults.Add(new ModalEmulatorFaultRule("TaskExecStart") { LosesReply = true, Break = ModalEmulatorBreak.CloseConnection, Times = 3 });

        var result = await lifetime.Sandbox.ExecuteAsync("echo x >> /tmp/runs; cat /tmp/runs", TestTimeout.Token);

        Assert.Equal(("x\n", 3), (result.StandardOutput, fault.Hits));
    }

    [Theory]
    [InlineData(RpcStatusCode.ResourceExhausted)]
    [InlineData(RpcStatusCode.FailedPrecondition)]
    [InlineData(RpcStatusCode.Unavailable)]
    public async Task Call_ServerAsksToComeBack_WaitsAsToldWhateverTheStatus(RpcStatusCode status)
    {
        await using var lifetime = await CreateSandboxAsync();
        using var fault = Faults.Add(new ModalEmulatorFaultRule("SandboxWaitV2") { Status = status, RetryAfter = TimeSpan.FromMilliseconds(200), Times = 5 });
        var started = Stopwatch.GetTimestamp();

        Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));

        Assert.Equal(5, fault.Hits);
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromSeconds(0.95));
    }

    [Fact]
    public async Task Call_ServerAsksForMoreThanMaxThrottleWait_FailsWithItsStatus()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var client = Fixture.CreateClient(options => options.MaxThrottleWait = TimeSpan.FromSeconds(1));
        using var fault = Faults.Add(new ModalEmulatorFaultRule("SandboxWaitV2") { Status = RpcStatusCode.ResourceExhausted, Message = "Slow down.", RetryAfter = TimeSpan.FromMilliseconds(400) });

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(lifetime.Sandbox.Id).PollAsync(TestTimeout.Token));

        // The third delay would end after the limit; on a loaded computer the second may, too.
        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
        Assert.Contains("Slow down.", exception.Message, StringComparison.Ordinal);
        Assert.InRange(fault.Hits, 1, 3);
    }

    [Fact]
    public async Task Call_ThrottledForLongerThanRequestTimeout_GoesOnAllTheSame()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var client = Fixture.CreateClient(options => options.RequestTimeout = TimeSpan.FromSeconds(5));
        await client.Sandboxes.Get(lifetime.Sandbox.Id).PollAsync(TestTimeout.Token);
        using var fault = Faults.Add(new ModalEmulatorFaultRule("SandboxTagsGetV2") { Status = RpcStatusCode.ResourceExhausted, RetryAfter = TimeSpan.FromSeconds(6), Times = 1 });

        Assert.Empty(await client.Sandboxes.Get(lifetime.Sandbox.Id).GetTagsAsync(TestTimeout.Token));

        Assert.Equal(1, fault.Hits);
    }

    [Fact]
    public async Task Call_ThrottlingSwitchedOff_FailsAtOnce()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var client = Fixture.CreateClient(options => options.MaxThrottleWait = TimeSpan.Zero);
        using var fault = Faults.Add(new ModalEmulatorFaultRule("SandboxWaitV2") { Status = RpcStatusCode.ResourceExhausted, RetryAfter = TimeSpan.FromMilliseconds(1) });

        await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(lifetime.Sandbox.Id).PollAsync(TestTimeout.Token));

        Assert.Equal(1, fault.Hits);
    }

    [Fact]
    public async Task Command_SandboxDies_FailsWithSandboxEnded()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Shell("echo up; sleep 600"), TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput);
        Assert.Equal("up", await output.ReadLineAsync(TestTimeout.Token));
        var running = lifetime.Sandbox.ExecuteAsync("sleep 600", TestTimeout.Token);
        var exit = process.WaitForExitAsync(TestTimeout.Token);
        var read = output.ReadLineAsync(TestTimeout.Token).AsTask();

        await Faults.KillSandboxAsync(lifetime.Sandbox.Id, TestTimeout.Token);

        foreach (var task in new Task[] { running, exit, read })
        {
            Assert.Equal(ModalErrorCode.SandboxEnded, (await Assert.ThrowsAsync<ModalException>(() => task)).Code);
        }

        Assert.Equal("InternalFailure", Fixture.Emulator.Ledger.Sandboxes.Single(sandbox => sandbox.Id == lifetime.Sandbox.Id).End);
    }

    [Fact]
    public async Task FileWrite_SandboxDies_FailsWithSandboxEnded()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var slow = Faults.Add(new ModalEmulatorFaultRule("TaskExecStdinWriteStream") { Delay = TimeSpan.FromMinutes(10) });
        var write = lifetime.Sandbox.Files.WriteAllBytesAsync("/tmp/x", new byte[1_000_000], TestTimeout.Token);
        await slow.WhenHitAsync(1, TestTimeout.Token);

        await Faults.KillSandboxAsync(lifetime.Sandbox.Id, TestTimeout.Token);

        Assert.Equal(ModalErrorCode.SandboxEnded, (await Assert.ThrowsAsync<ModalException>(() => write)).Code);
    }

    [Fact]
    public async Task Wait_RouterThatCannotBeReached_FailsWithinItsLimit()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var client = Fixture.CreateClient(options => options.RouterUnreachableTimeout = TimeSpan.FromSeconds(2));
        await using var process = await client.Sandboxes.Get(lifetime.Sandbox.Id).StartProcessAsync(ModalCommand.Create("sleep", "600"), TestTimeout.Token);
        using var fault = Faults.Add(new ModalEmulatorFaultRule("TaskExecWait") { Status = RpcStatusCode.Unavailable });

        var exception = await Assert.ThrowsAsync<ModalException>(() => process.WaitForExitAsync(TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Unavailable, exception.Code);
        Assert.True(fault.Hits > 1);
    }

    [Fact]
    public async Task Warnings_OfTheServer_AreHeardOnSuccessAndFailureOfBothServices()
    {
        using var logs = new CollectedLogs();
        await using var client = Fixture.CreateClient(configure: null, logs);
        await using var lifetime = await CreateSandboxAsync();
        using var success = Faults.Add(new ModalEmulatorFaultRule("SandboxWaitV2") { Warnings = ["old, client", "ümläut"] });
        using var failure = Faults.Add(new ModalEmulatorFaultRule("SandboxTagsGetV2") { Status = RpcStatusCode.InvalidArgument, Warnings = ["of a failure"] });
        using var router = Faults.Add(new ModalEmulatorFaultRule("TaskExec*") { Warnings = ["of the router"] });
        var sandbox = client.Sandboxes.Get(lifetime.Sandbox.Id);

        await sandbox.PollAsync(TestTimeout.Token);
        await sandbox.PollAsync(TestTimeout.Token);
        await Assert.ThrowsAsync<ModalException>(() => sandbox.GetTagsAsync(TestTimeout.Token));
        await sandbox.ExecuteAsync("true", TestTimeout.Token);

        Assert.Equal(["Modal warns: of a failure", "Modal warns: of the router", "Modal warns: old, client", "Modal warns: ümläut"], logs.OfEvent("ServerWarning").Order(StringComparer.Ordinal));
    }

    private int Count(string rpc) => Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault(rpc);
}
