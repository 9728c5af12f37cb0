using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class LifecycleTests(EmulatorFixture fixture) : LeasingTest(fixture)
{
    [Fact]
    public async Task StopThenStart_OfOneLease_FilesAreThereAndTheHolderIsNotToldOfALoss()
    {
        var (services, factory) = CreateFactory(options => options.InitialFiles["/seed"] = "initial");
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        var stopped = lease.Sandbox;
        await stopped.Files.WriteAllTextAsync("/seed", "changed", TestTimeout.Token);

        await lease.StopAsync(TestTimeout.Token);
        await lease.StopAsync(TestTimeout.Token);

        Assert.Equal(ModalSandboxLifecycle.Stopped, lease.Status);
        Assert.Equal(ModalSandboxStatus.Terminated, (await stopped.WaitAsync(TestTimeout.Token)).Status);
        Assert.Throws<InvalidOperationException>(() => lease.Sandbox);

        await lease.StartAsync(TestTimeout.Token);

        Assert.Equal(ModalSandboxLifecycle.Running, lease.Status);
        Assert.NotEqual(stopped.Id, lease.Sandbox.Id);
        Assert.Equal("changed", await lease.Sandbox.Files.ReadAllTextAsync("/seed", cancellationToken: TestTimeout.Token));
        Assert.Null(lease.Replacement);
    }

    [Fact]
    public async Task StopThenAcquire_OfAKeyInAnotherApplication_GoesOnFromTheSharedStore()
    {
        var store = new InMemorySnapshotStore();
        var (one, here) = CreateFactory(Reuse("life-stored"), extend: builder => builder.UseSnapshotStore(store));
        await using (one)
        {
            await using var lease = await here.AcquireAsync("k", TestTimeout.Token);
            await lease.Sandbox.Files.WriteAllTextAsync("/work", "kept", TestTimeout.Token);
            await lease.StopAsync(TestTimeout.Token);
            Assert.Equal(ModalSandboxLifecycle.Stopped, here.GetStatus("k"));
        }

        await Fixture.AssertNothingLeftAsync();
        var (two, there) = CreateFactory(Reuse("life-stored"), extend: builder => builder.UseSnapshotStore(store));
        await using var second = two;
        await using var continued = await there.AcquireAsync("k", TestTimeout.Token);

        Assert.Equal("kept", await continued.Sandbox.Files.ReadAllTextAsync("/work", cancellationToken: TestTimeout.Token));
        Assert.NotNull(continued.Replacement?.RestoredFrom);
        await continued.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Destroy_OfAKey_ForgetsWhatWasSaved()
    {
        var (services, factory) = CreateFactory(Reuse("life-destroyed"));
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        await lease.Sandbox.Files.WriteAllTextAsync("/work", "kept", TestTimeout.Token);
        await lease.StopAsync(TestTimeout.Token);
        await lease.StartAsync(TestTimeout.Token);

        await lease.DestroyAsync(TestTimeout.Token);

        Assert.Equal(ModalSandboxLifecycle.Destroyed, lease.Status);
        Assert.Contains("ImageDelete", Fixture.Emulator.Ledger.RpcCounts.Keys);
        await lease.StartAsync(TestTimeout.Token);
        Assert.False(await lease.Sandbox.Files.ExistsAsync("/work", TestTimeout.Token));
        await lease.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Stop_FilesCannotBeSaved_SandboxRunsOn()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        using (Fixture.Emulator.Faults.Add(new("TaskSnapshotFilesystem") { Status = Emulator.RpcStatusCode.InvalidArgument }))
        {
            await Assert.ThrowsAsync<ModalException>(() => lease.StopAsync(TestTimeout.Token));
        }

        Assert.Equal(ModalSandboxLifecycle.Running, lease.Status);
        Assert.Equal("on", (await lease.Sandbox.ExecuteAsync("printf on", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Stop_StoreFails_SandboxRunsOnAndNoImageIsLeft()
    {
        var (services, factory) = CreateFactory(Reuse("life-no-store"), extend: builder => builder.UseSnapshotStore(new FailingStore()));
        await using var application = services;
        var deleted = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("ImageDelete");
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);

        await Assert.ThrowsAsync<IOException>(() => lease.StopAsync(TestTimeout.Token));

        Assert.Equal(ModalSandboxLifecycle.Running, lease.Status);
        Assert.Equal(deleted + 1, Fixture.Emulator.Ledger.RpcCounts["ImageDelete"]);
        await EndAsync(lease.Sandbox.Id);
    }

    [Fact]
    public async Task Restore_Checkpoint_GoesBackToItsFiles()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        await lease.Sandbox.Files.WriteAllTextAsync("/work", "before", TestTimeout.Token);
        var checkpoint = await lease.CheckpointAsync(TestTimeout.Token);
        await lease.Sandbox.Files.WriteAllTextAsync("/work", "after", TestTimeout.Token);
        ModalSandboxReplacement? told = null;
        lease.Replaced += (_, replacement) => told = replacement;

        await lease.RestoreAsync(checkpoint, TestTimeout.Token);

        Assert.Equal("before", await lease.Sandbox.Files.ReadAllTextAsync("/work", cancellationToken: TestTimeout.Token));
        Assert.Equal(lease.Sandbox.Id, told?.SandboxId);
        await UntilAsync(() => Fixture.Emulator.Ledger.LiveSandboxes.Count == 1);
    }

    [Fact]
    public async Task Restore_SandboxOfAKey_KeepsItsName()
    {
        var (services, factory) = CreateFactory(Reuse("life-restored"));
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        await lease.Sandbox.Files.WriteAllTextAsync("/work", "before", TestTimeout.Token);
        var checkpoint = await lease.CheckpointAsync(TestTimeout.Token);
        await lease.Sandbox.Files.WriteAllTextAsync("/work", "after", TestTimeout.Token);

        await lease.RestoreAsync(checkpoint, TestTimeout.Token);

        await using var another = Register(Reuse("life-restored"));
        await using var elsewhere = await another.GetRequiredService<IModalSandboxFactory>().AcquireAsync("k", TestTimeout.Token);
        Assert.Equal(lease.Sandbox.Id, elsewhere.Sandbox.Id);
        Assert.Equal("before", await elsewhere.Sandbox.Files.ReadAllTextAsync("/work", cancellationToken: TestTimeout.Token));
        await lease.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Restore_MissingImage_SandboxRunsOn()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        var before = lease.Sandbox;

        var exception = await Assert.ThrowsAsync<ModalException>(() => lease.RestoreAsync(ModalImage.FromId("im-missing"), TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>(() => lease.RestoreAsync(ModalImage.FromRegistry("alpine"), TestTimeout.Token));

        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
        Assert.Same(before, lease.Sandbox);
        Assert.Equal("on", (await before.ExecuteAsync("printf on", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Fork_HasTheFilesAndALifeOfItsOwn()
    {
        var (services, factory) = CreateFactory(Reuse("life-forked"));
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        await lease.Sandbox.Files.WriteAllTextAsync("/work", "both", TestTimeout.Token);
        string fork;
        await using (var forked = await lease.ForkAsync(TestTimeout.Token))
        {
            fork = forked.Sandbox.Id;
            await forked.Sandbox.Files.WriteAllTextAsync("/own", "x", TestTimeout.Token);
            Assert.Equal("both", await forked.Sandbox.Files.ReadAllTextAsync("/work", cancellationToken: TestTimeout.Token));
            Assert.False(await lease.Sandbox.Files.ExistsAsync("/own", TestTimeout.Token));
        }

        await WhenEndedAsync(fork);
        await lease.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Adopt_SandboxOfTheApplication_IsNeverEnded()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var lifetime = await CreateSandboxAsync();
        await using (services)
        {
            await using var lease = factory.Adopt(lifetime.Sandbox);
            Assert.Same(lifetime.Sandbox, lease.Sandbox);
            Assert.Same(lifetime.Sandbox, await lease.StartAsync(TestTimeout.Token));
            await Assert.ThrowsAsync<InvalidOperationException>(() => lease.DestroyAsync(TestTimeout.Token));
            await Assert.ThrowsAsync<InvalidOperationException>(() => lease.StopAsync(TestTimeout.Token));
        }

        Assert.Equal("on", (await lifetime.Sandbox.ExecuteAsync("printf on", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Start_SandboxOfOneLeaseHasEnded_IsReplaced()
    {
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(options => options.InitialFiles["/seed"] = "again", time);
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        var ended = lease.Sandbox.Id;
        await EndAsync(ended);
        time.Advance(TimeSpan.FromMinutes(1));

        var next = await lease.StartAsync(TestTimeout.Token);

        Assert.Equal("again", await next.Files.ReadAllTextAsync("/seed", cancellationToken: TestTimeout.Token));
        Assert.Equal(ended, lease.Replacement?.PreviousId);
    }

    [Fact]
    public async Task Dispose_WhileTheSandboxIsBeingReplaced_LeavesNone()
    {
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(_ => { }, time);
        await using var application = services;
        var lease = await factory.AcquireAsync(TestTimeout.Token);
        await EndAsync(lease.Sandbox.Id);
        time.Advance(TimeSpan.FromMinutes(1));
        using var slow = Fixture.Emulator.Faults.Add(new("SandboxWaitV2") { Delay = TimeSpan.FromMilliseconds(300) });

        var starting = lease.StartAsync(TestTimeout.Token);
        var disposing = lease.DisposeAsync();
        await Task.WhenAny(starting);
        await disposing;

        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Dispose_WhileASnapshotIsTaken_DoesNotWaitForIt()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        var lease = await factory.AcquireAsync(TestTimeout.Token);
        using var hanging = Fixture.Emulator.Faults.Add(new("TaskSnapshotFilesystem") { Delay = TimeSpan.FromMinutes(10) });

        var stopping = lease.StopAsync(TestTimeout.Token);
        await hanging.WhenHitAsync(cancellationToken: TestTimeout.Token);
        await lease.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopping);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Restore_AllPlacesTaken_KeepsItsOwn()
    {
        var (services, factory) = CreateFactory(options => options.MaxSandboxes = 1);
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        var checkpoint = await lease.CheckpointAsync(TestTimeout.Token);
        using var giveUp = new CancellationTokenSource();
        var waiting = factory.AcquireAsync(giveUp.Token);

        await lease.RestoreAsync(checkpoint, TestTimeout.Token);

        Assert.False(waiting.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task SetTags_OfALeasedSandbox_LeaveThoseOfTheLease()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);

        await lease.Sandbox.SetTagsAsync(new Dictionary<string, string> { ["ticket"] = "42" }, TestTimeout.Token);

        var tags = await Client.Sandboxes.Get(lease.Sandbox.Id).GetTagsAsync(TestTimeout.Token);
        Assert.Equal("42", tags["ticket"]);
        Assert.Equal("leasing-tests", tags["modalai-owner"]);
    }

    [Fact]
    public async Task Hooks_AreCalledInOrderWithTheSandbox()
    {
        var calls = new List<string>();
        var (services, factory) = CreateFactory(options =>
        {
            options.OnStart = (sandbox, _) => Note("start", sandbox);
            options.OnStop = (sandbox, _) => Note("stop", sandbox);
            options.OnDestroy = (sandbox, _) => Note("destroy", sandbox);
        });
        await using var application = services;
        string first;
        string second;
        await using (var lease = await factory.AcquireAsync(TestTimeout.Token))
        {
            first = lease.Sandbox.Id;
            await lease.StopAsync(TestTimeout.Token);
            second = (await lease.StartAsync(TestTimeout.Token)).Id;
        }

        Assert.Equal([$"start {first}", $"stop {first}", $"start {second}", $"destroy {second}"], calls);

        async Task Note(string what, ModalSandbox sandbox)
        {
            await sandbox.ExecuteAsync("true", TestTimeout.Token);
            calls.Add($"{what} {sandbox.Id}");
        }
    }

    [Fact]
    public async Task Hooks_ThatFailOrHang_DoNotKeepTheSandboxAlive()
    {
        var (services, factory) = CreateFactory(options =>
        {
            options.OnStop = (_, _) => throw new InvalidOperationException("broken");
            options.OnDestroy = (_, _) => new TaskCompletionSource().Task;
            options.HookTimeout = TimeSpan.FromSeconds(1);
        });
        await using var application = services;
        await using (var lease = await factory.AcquireAsync(TestTimeout.Token))
        {
            await lease.StopAsync(TestTimeout.Token);
            await lease.StartAsync(TestTimeout.Token);
        }

        await Fixture.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("sleep 600", "SetupTimeout")]
    public async Task Setup_CommandThatFailsOrHangs_LeavesNoSandboxAndSaysWhy(string command, string message)
    {
        var (services, factory) = CreateFactory(options =>
        {
            options.SetupCommands.Add("true");
            options.SetupCommands.Add(command);
            options.SetupTimeout = TimeSpan.FromSeconds(2);
        });
        await using var application = services;

        var exception = await Assert.ThrowsAnyAsync<ModalException>(() => factory.AcquireAsync(TestTimeout.Token));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Setup_HookFails_CallerGetsItAndNoSandboxIsLeft()
    {
        var (services, factory) = CreateFactory(options => options.OnStart = (_, _) => throw new TimeZoneNotFoundException("the hook's own"));
        await using var application = services;

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => factory.AcquireAsync(TestTimeout.Token));

        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Dispose_SandboxHasEndedAlready_IsQuietAndIdempotent()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        var lease = await factory.AcquireAsync(TestTimeout.Token);
        await EndAsync(lease.Sandbox.Id);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => lease.DisposeAsync().AsTask()));

        Assert.Equal(ModalSandboxLifecycle.Destroyed, lease.Status);
    }

    private sealed class FailingStore : ISnapshotStore
    {
        public Task<StoredSnapshot?> GetAsync(string key, CancellationToken cancellationToken = default) => Task.FromResult<StoredSnapshot?>(null);

        public Task SetAsync(string key, StoredSnapshot snapshot, CancellationToken cancellationToken = default) => throw new IOException("The store is down.");

        public Task RemoveAsync(string key, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
