using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

public sealed class LifeTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TerminateAndWait_OfARunningSandbox_GivesItsEnd(bool useV2)
    {
        await using var client = Fixture.CreateClient(options => options.UseV2 = useV2);
        var sandbox = await client.Sandboxes.CreateAsync(new() { AppName = "tests" }, TestTimeout.Token);

        var exit = await sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);

        Assert.Equal((ModalSandboxStatus.Terminated, 137), (exit.Status, exit.ExitCode));
        Assert.Equal(useV2, sandbox.IsV2);
    }

    [Fact]
    public async Task TerminateAndWait_OfOneThatHasEnded_KeepsItsEnd()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Command = ["sh", "-c", "exit 3"] });
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        var exit = await lifetime.Sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);

        Assert.Equal((ModalSandboxStatus.Failure, 3), (exit.Status, exit.ExitCode));
    }

    [Fact]
    public async Task Wait_BeyondItsDeadline_TimesOutAndLeavesTheSandboxRunning()
    {
        await using var lifetime = await CreateSandboxAsync();

        var exception = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.WaitAsync(TimeSpan.FromMilliseconds(50), TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Timeout, exception.Code);
        Assert.Contains(lifetime.Sandbox.Id, exception.Message, StringComparison.Ordinal);
        Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Wait_Cancelled_IsACancellationAndNoTimeout()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var cancellation = new CancellationTokenSource();
        var waiting = lifetime.Sandbox.WaitAsync(TimeSpan.FromMinutes(1), cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Wait_WithoutTime_IsRefused()
    {
        await using var lifetime = await CreateSandboxAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("timeout", () => lifetime.Sandbox.WaitAsync(TimeSpan.Zero, TestTimeout.Token));
    }

    [Fact]
    public async Task Wait_AfterDetach_StillTellsTheEnd()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Command = ["sh", "-c", "exit 4"] });
        var handle = Client.Sandboxes.Get(lifetime.Sandbox.Id);
        await handle.DisposeAsync();

        Assert.Equal(4, (await handle.WaitAsync(TestTimeout.Token)).ExitCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => handle.PollAsync(TestTimeout.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => handle.GetTagsAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task IdleTimeout_WithNothingToDo_EndsTheSandbox()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { IdleTimeout = TimeSpan.FromSeconds(1), Command = ["sleep", "1000"] });

        Assert.Equal(ModalSandboxStatus.IdleTimeout, (await lifetime.Sandbox.WaitAsync(TestTimeout.Token)).Status);
    }

    [Fact]
    public async Task List_WithEnded_HasThemWithTheirEnd()
    {
        var lifetime = await CreateSandboxAsync(options => options with { AppName = "ended", Command = ["sh", "-c", "exit 5"] });
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        var listed = new List<ModalSandboxInfo>();
        await foreach (var info in Client.Sandboxes.ListAsync(new() { AppName = "ended", IncludeFinished = true }, TestTimeout.Token))
        {
            listed.Add(info);
        }

        Assert.Equal(5, Assert.Single(listed).Exit!.ExitCode);
        await foreach (var info in Client.Sandboxes.ListAsync(new() { AppName = "ended" }, TestTimeout.Token))
        {
            Assert.Fail($"{info.Id} has ended.");
        }
    }

    [Fact]
    public async Task List_OnV1_HasItsOwnSandboxesOnly()
    {
        await using var v1 = Fixture.CreateClient(options => options.UseV2 = false);
        await using var onV2 = await CreateSandboxAsync(options => options with { AppName = "both" });
        await using var onV1 = new SandboxLifetime(await v1.Sandboxes.CreateAsync(new() { AppName = "both" }, TestTimeout.Token));

        Assert.Equal([onV1.Sandbox.Id], await IdsAsync(v1));
        Assert.Equal([onV1.Sandbox.Id, onV2.Sandbox.Id], await IdsAsync(Client));

        static async Task<List<string>> IdsAsync(ModalClient client)
        {
            var ids = new List<string>();
            await foreach (var info in client.Sandboxes.ListAsync(new() { AppName = "both" }, TestTimeout.Token))
            {
                ids.Add(info.Id);
            }

            return ids;
        }
    }
}
