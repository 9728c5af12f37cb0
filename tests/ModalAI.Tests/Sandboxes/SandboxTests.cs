using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

public sealed class SandboxTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Create_WithoutGpu_UsesV2AndNothingIsLookedUpTwice()
    {
        await using (await CreateSandboxAsync())
        {
        }

        var before = Fixture.Emulator.Ledger.RpcCounts;
        await using var second = await CreateSandboxAsync();
        await second.Sandbox.ExecuteAsync("true", TestTimeout.Token);
        var after = Fixture.Emulator.Ledger.RpcCounts;

        Assert.True(second.Sandbox.IsV2);
        foreach (var rpc in (string[])["AuthTokenGet", "AppGetOrCreate", "EnvironmentGetOrCreate", "ImageGetOrCreate", "SandboxGetTaskIdV2", "SandboxGetCommandRouterAccess"])
        {
            Assert.Equal(before.GetValueOrDefault(rpc), after.GetValueOrDefault(rpc));
        }
    }

    [Fact]
    public async Task Create_WithGpu_UsesV1AndWorksAlike()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with
        {
            Gpu = "T4",
            EnvironmentVariables = new Dictionary<string, string> { ["A"] = "1" },
            Secrets = [ModalSecret.FromValues([new("B", "2")])],
        });

        var result = await lifetime.Sandbox.ExecuteAsync("echo $A$B", TestTimeout.Token);

        Assert.False(lifetime.Sandbox.IsV2);
        Assert.Equal("12\n", result.StandardOutput);
    }

    [Fact]
    public async Task Get_ById_ReachesTheSameSandbox()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Files.WriteAllTextAsync("/mark", "here", TestTimeout.Token);
        await using var other = Fixture.CreateClient();

        var sandbox = other.Sandboxes.Get(lifetime.Sandbox.Id);

        Assert.Equal("here", await sandbox.Files.ReadAllTextAsync("/mark", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task GetByName_FindsRunningOnesOnly()
    {
        var lifetime = await CreateSandboxAsync(options => options with { Name = "by-name" });
        var found = await Client.Sandboxes.GetByNameAsync("tests", "by-name", cancellationToken: TestTimeout.Token);
        Assert.Equal(lifetime.Sandbox.Id, found.Id);

        await lifetime.DisposeAsync();
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);
        var exception = await Assert.ThrowsAsync<ModalException>(() => Client.Sandboxes.GetByNameAsync("tests", "by-name", cancellationToken: TestTimeout.Token));

        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
        Assert.Contains("'by-name'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'tests'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_TakenName_SaysSo()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Name = "taken" });

        var exception = await Assert.ThrowsAsync<ModalException>(() => CreateSandboxAsync(options => options with { Name = "taken" }));

        Assert.Equal(ModalErrorCode.AlreadyExists, exception.Code);
        Assert.Contains("'taken'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ByTags_GivesThoseThatHaveAllOfThem()
    {
        await using var both = await CreateSandboxAsync(options => options with { Tags = new Dictionary<string, string> { ["team"] = "a", ["run"] = "1" } });
        await using var one = await CreateSandboxAsync(options => options with { Tags = new Dictionary<string, string> { ["team"] = "a" } });
        await using var v1 = await CreateSandboxAsync(options => options with { Gpu = "T4", Tags = new Dictionary<string, string> { ["team"] = "a" } });

        var team = await ListAsync(new() { AppName = "tests", Tags = new Dictionary<string, string> { ["team"] = "a" } });
        var run = await ListAsync(new() { AppName = "tests", Tags = new Dictionary<string, string> { ["team"] = "a", ["run"] = "1" } });

        Assert.Equal(new[] { both, one, v1 }.Select(lifetime => lifetime.Sandbox.Id).Order(), team.Select(info => info.Id).Order());
        Assert.Equal(both.Sandbox.Id, Assert.Single(run).Id);
        Assert.Equal("1", run[0].Tags["run"]);
        Assert.Null(run[0].Exit);
    }

    [Fact]
    public async Task Tags_Set_ReplaceTheOldOnes()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Tags = new Dictionary<string, string> { ["old"] = "1" } });

        await lifetime.Sandbox.SetTagsAsync(new Dictionary<string, string> { ["new"] = "2" }, TestTimeout.Token);

        Assert.Equal([new("new", "2")], await lifetime.Sandbox.GetTagsAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Terminate_EndsTheSandbox_AndMayBeRepeated()
    {
        var lifetime = await CreateSandboxAsync();
        Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));

        await lifetime.Sandbox.TerminateAsync(TestTimeout.Token);
        var exit = await lifetime.Sandbox.WaitAsync(TestTimeout.Token);
        await lifetime.Sandbox.TerminateAsync(TestTimeout.Token);

        Assert.Equal((ModalSandboxStatus.Terminated, 137), (exit.Status, exit.ExitCode));
        Assert.Equal(exit, await lifetime.Sandbox.PollAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Entrypoint_ThatEnds_EndsTheSandboxWithItsCode()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Command = ["sh", "-c", "exit 5"] });

        var exit = await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        Assert.Equal((ModalSandboxStatus.Failure, 5), (exit.Status, exit.ExitCode));
    }

    [Fact]
    public async Task Lifetime_Passed_EndsTheSandbox()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Timeout = TimeSpan.FromSeconds(1) });

        var exit = await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        Assert.Equal((ModalSandboxStatus.Timeout, 124), (exit.Status, exit.ExitCode));
    }

    [Fact]
    public async Task Detached_TakesNoMoreOperations_AndLeavesTheSandboxRunning()
    {
        await using var lifetime = await CreateSandboxAsync();
        var handle = Client.Sandboxes.Get(lifetime.Sandbox.Id);

        await handle.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => handle.ExecuteAsync("true", TestTimeout.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => handle.Files.ReadAllBytesAsync("/x", cancellationToken: TestTimeout.Token));
        Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Volumes_OutliveSandboxes_AndReadOnlyOnesTakeNoWrites()
    {
        var writable = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "shared", CreateIfMissing = true } };
        var readOnly = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "shared", ReadOnly = true } };
        await using (var first = await CreateSandboxAsync(options => options with { Volumes = writable }))
        {
            (await first.Sandbox.ExecuteAsync("echo kept > /data/file", TestTimeout.Token)).EnsureSuccess();
        }

        await using var second = await CreateSandboxAsync(options => options with { Volumes = readOnly });
        var read = await second.Sandbox.ExecuteAsync("cat /data/file", TestTimeout.Token);
        var write = await second.Sandbox.ExecuteAsync("echo x > /data/file", TestTimeout.Token);

        Assert.Equal("kept\n", read.StandardOutput);
        Assert.NotEqual(0, write.ExitCode);
        Assert.Contains("Read-only", write.StandardError, StringComparison.OrdinalIgnoreCase);
        await Client.Volumes.DeleteAsync("shared", cancellationToken: TestTimeout.Token);
    }

    [Fact]
    public async Task Volume_DeletedAndMadeAnew_IsFoundAgain()
    {
        var mounts = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "remade", CreateIfMissing = true } };
        await using (await CreateSandboxAsync(options => options with { Volumes = mounts }))
        {
        }

        await using (var other = Fixture.CreateClient())
        {
            await other.Volumes.DeleteAsync("remade", cancellationToken: TestTimeout.Token);
        }

        await using var again = await CreateSandboxAsync(options => options with { Volumes = mounts });

        Assert.Equal(0, (await again.Sandbox.ExecuteAsync("ls /data", TestTimeout.Token)).ExitCode);
    }

    [Fact]
    public async Task BlockNetwork_LeavesOnlyLoopback()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { BlockNetwork = true });

        var result = await lifetime.Sandbox.ExecuteAsync("tail -n +3 /proc/net/dev | cut -d: -f1", TestTimeout.Token);

        Assert.Equal("lo", result.StandardOutput.Trim());
    }

    [Fact]
    public async Task Create_Cancelled_LeavesNothingRunning()
    {
        using var cancellation = new CancellationTokenSource();
        var creation = Client.Sandboxes.CreateAsync(new() { AppName = "tests" }, cancellation.Token);
        await cancellation.CancelAsync();
        try
        {
            await (await creation).TerminateAsync(TestTimeout.Token);
        }
        catch (OperationCanceledException)
        {
        }

        // Waits for what the client still ends; the check after each test sees what it missed.
        await Client.DisposeAsync();
    }

    private async Task<List<ModalSandboxInfo>> ListAsync(ModalSandboxFilter filter)
    {
        var list = new List<ModalSandboxInfo>();
        await foreach (var info in Client.Sandboxes.ListAsync(filter, TestTimeout.Token))
        {
            list.Add(info);
        }

        return list;
    }
}
