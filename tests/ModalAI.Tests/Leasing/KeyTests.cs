using Microsoft.Extensions.DependencyInjection;
using ModalAI.Leasing;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class KeyTests(EmulatorFixture fixture) : LeasingTest(fixture)
{
    [Fact]
    public async Task Acquire_ManyCallersOfOneKeyInTwoApplications_ShareOneSandbox()
    {
        var (one, here) = CreateFactory(Reuse("keys-shared"));
        var (two, there) = CreateFactory(Reuse("keys-shared"));
        await using var first = one;
        await using var second = two;

        var leases = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? here : there).AcquireAsync("conversation", TestTimeout.Token)));

        var id = Assert.Single(leases.Select(lease => lease.Sandbox.Id).Distinct());
        Assert.Single(Fixture.Emulator.Ledger.Sandboxes, sandbox => sandbox.Name.StartsWith("keys-shared-", StringComparison.Ordinal));
        await EndAsync(id);
    }

    [Fact]
    public async Task Acquire_TwoKeys_HaveASandboxEachWhoseNameTellsNothingOfTheKey()
    {
        var (services, factory) = CreateFactory(Reuse("keys-two"));
        await using var application = services;

        await using var one = await factory.AcquireAsync("alice@example.com", TestTimeout.Token);
        await using var two = await factory.AcquireAsync("bob@example.com", TestTimeout.Token);

        Assert.NotEqual(one.Sandbox.Id, two.Sandbox.Id);
        Assert.DoesNotContain("alice", one.Sandbox.Name, StringComparison.Ordinal);
        Assert.All(Fixture.Emulator.Ledger.Sandboxes, sandbox => Assert.DoesNotContain(sandbox.Tags.Values, value => value.Contains("alice", StringComparison.Ordinal)));
        await EndAsync(one.Sandbox.Id);
        await EndAsync(two.Sandbox.Id);
    }

    [Fact]
    public async Task Acquire_AfterRelease_FindsTheSandboxThatLivesOn()
    {
        var (services, factory) = CreateFactory(Reuse("keys-release", options => options.InitialFiles["/seed"] = "1"));
        await using var application = services;
        string id;
        await using (var lease = await factory.AcquireAsync("k", TestTimeout.Token))
        {
            id = lease.Sandbox.Id;
            await lease.Sandbox.Files.WriteAllTextAsync("/work", "kept", TestTimeout.Token);
        }

        var (later, another) = CreateFactory(Reuse("keys-release", options => options.InitialFiles["/seed"] = "1"));
        await using var restarted = later;
        await using var again = await another.AcquireAsync("k", TestTimeout.Token);

        Assert.Equal(id, again.Sandbox.Id);
        Assert.Null(again.Replacement);
        Assert.Equal("kept", await again.Sandbox.Files.ReadAllTextAsync("/work", cancellationToken: TestTimeout.Token));
        await EndAsync(id);
    }

    [Fact]
    public async Task Acquire_SandboxHasEnded_HolderIsToldAndSetUpAgain()
    {
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(Reuse("keys-replaced", options => options.SetupCommands.Add("date > /setup-was-here")), time);
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        var told = new List<ModalSandboxReplacement>();
        lease.Replaced += (_, replacement) => told.Add(replacement);
        var ended = lease.Sandbox.Id;
        await EndAsync(ended);
        time.Advance(TimeSpan.FromMinutes(1));

        await using var next = await factory.AcquireAsync("k", TestTimeout.Token);

        var replacement = Assert.Single(told);
        Assert.Equal(new ModalSandboxReplacement(ended, next.Sandbox.Id, "was terminated", RestoredFrom: null), replacement);
        Assert.Equal(replacement, next.Replacement);
        Assert.Same(next.Sandbox, lease.Sandbox);
        Assert.True(await next.Sandbox.Files.ExistsAsync("/setup-was-here", TestTimeout.Token));
        await EndAsync(next.Sandbox.Id);
    }

    [Fact]
    public async Task Acquire_SandboxEndedBetweenTwoProcesses_NextHolderIsTold()
    {
        var (services, factory) = CreateFactory(Reuse("keys-overnight"));
        string ended;
        await using (services)
        {
            await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
            ended = lease.Sandbox.Id;
        }

        await EndAsync(ended);
        var (later, another) = CreateFactory(Reuse("keys-overnight"));
        await using var restarted = later;
        await using var next = await another.AcquireAsync("k", TestTimeout.Token);

        Assert.Equal(ended, next.Replacement?.PreviousId);
        await EndAsync(next.Sandbox.Id);
    }

    [Fact]
    public async Task Acquire_SandboxThatEndsAgainAndAgain_IsNotReplacedWithoutEnd()
    {
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(Reuse("keys-budget", options => options.MaxReplacementsPerHour = 2), time);
        await using var application = services;
        for (var i = 0; i < 3; i++)
        {
            await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
            await EndAsync(lease.Sandbox.Id);
            time.Advance(TimeSpan.FromMinutes(1));
        }

        var exception = await Assert.ThrowsAsync<ModalException>(() => factory.AcquireAsync("k", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalException>(() => factory.AcquireAsync("k", TestTimeout.Token));
        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
        Assert.Contains("MaxReplacementsPerHour", exception.Message, StringComparison.Ordinal);
        Assert.Equal(ModalSandboxLifecycle.Error, factory.GetStatus("k"));

        time.Advance(TimeSpan.FromHours(1));
        await using var afterwards = await factory.AcquireAsync("k", TestTimeout.Token);
        await EndAsync(afterwards.Sandbox.Id);
    }

    [Fact]
    public async Task Acquire_FirstAttemptToReplaceFails_HolderIsToldByTheSecond()
    {
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(Reuse("keys-second-attempt"), time);
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        var ended = lease.Sandbox.Id;
        await EndAsync(ended);
        time.Advance(TimeSpan.FromMinutes(1));
        using (Fixture.Emulator.Faults.Add(new("SandboxCreateV2") { Status = Emulator.RpcStatusCode.PermissionDenied }))
        {
            await Assert.ThrowsAsync<ModalException>(() => factory.AcquireAsync(TestTimeout.Token));
        }

        await using var next = await factory.AcquireAsync(TestTimeout.Token);

        Assert.Equal(ended, next.Replacement?.PreviousId);
        await next.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Acquire_AHolderHasDisposedOfTheSharedObject_GoesOnWithTheSameSandbox()
    {
        var (services, factory) = CreateFactory(Reuse("keys-detached"));
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        var id = lease.Sandbox.Id;
        await using (await lease.StartAsync(TestTimeout.Token))
        {
        }

        await using var next = await factory.AcquireAsync("k", TestTimeout.Token);

        Assert.Equal(id, next.Sandbox.Id);
        Assert.Equal("on", (await next.Sandbox.ExecuteAsync("printf on", TestTimeout.Token)).StandardOutput);
        await next.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Destroy_ModalRefuses_SandboxIsThereStill()
    {
        var (services, factory) = CreateFactory(Reuse("keys-refused"));
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        var id = lease.Sandbox.Id;
        using (Fixture.Emulator.Faults.Add(new("SandboxTerminateV2") { Status = Emulator.RpcStatusCode.PermissionDenied }))
        {
            await Assert.ThrowsAsync<ModalException>(() => lease.DestroyAsync(TestTimeout.Token));
            await Assert.ThrowsAsync<ModalException>(() => lease.StopAsync(TestTimeout.Token));
        }

        Assert.Equal(ModalSandboxLifecycle.Running, lease.Status);
        await using var another = Register(Reuse("keys-refused"));
        await using var elsewhere = await Factory(another).AcquireAsync("k", TestTimeout.Token);
        Assert.Equal(id, elsewhere.Sandbox.Id);
        await lease.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Acquire_WhileAnotherProcessDestroysIt_GetsANewOne()
    {
        var (services, factory) = CreateFactory(Reuse("keys-dying"));
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        var id = lease.Sandbox.Id;
        using var slow = Fixture.Emulator.Faults.Add(new("SandboxTerminateV2") { Delay = TimeSpan.FromMilliseconds(500) });
        var destroying = lease.DestroyAsync(TestTimeout.Token);
        await slow.WhenHitAsync(cancellationToken: TestTimeout.Token);

        await using var another = Register(Reuse("keys-dying"));
        await using var elsewhere = await Factory(another).AcquireAsync("k", TestTimeout.Token);

        Assert.NotEqual(id, elsewhere.Sandbox.Id);
        await destroying;
        await elsewhere.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Acquire_OtherOptions_IsRefusedReplacedOrUsedAsOptionsSay()
    {
        var (services, factory) = CreateFactory(Reuse("keys-drift"));
        await using var application = services;
        await using var lease = await factory.AcquireAsync("k", TestTimeout.Token);
        var first = lease.Sandbox.Id;

        await using var refusing = Register(Changed(ModalConfigurationDrift.Refuse));
        var exception = await Assert.ThrowsAsync<ModalException>(() => Factory(refusing).AcquireAsync("k", TestTimeout.Token));
        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
        Assert.Contains("WhenConfigurationDiffers", exception.Message, StringComparison.Ordinal);

        await using var using1 = Register(Changed(ModalConfigurationDrift.Use));
        await using (var used = await Factory(using1).AcquireAsync("k", TestTimeout.Token))
        {
            Assert.Equal(first, used.Sandbox.Id);
        }

        await using var foreign = Register(options =>
        {
            Changed(ModalConfigurationDrift.Replace)(options);
            options.Owner = "somebody-else";
        });
        Assert.Equal(ModalErrorCode.Conflict, (await Assert.ThrowsAsync<ModalException>(() => Factory(foreign).AcquireAsync("k", TestTimeout.Token))).Code);
        Assert.True(await RunsAsync(first));

        await using var replacing = Register(Changed(ModalConfigurationDrift.Replace));
        await using var replaced = await Factory(replacing).AcquireAsync("k", TestTimeout.Token);
        Assert.NotEqual(first, replaced.Sandbox.Id);
        Assert.Equal(first, replaced.Replacement?.PreviousId);
        Assert.Equal("yes", (await replaced.Sandbox.ExecuteAsync("printf $CHANGED", TestTimeout.Token)).StandardOutput);
        await WhenEndedAsync(first);
        await EndAsync(replaced.Sandbox.Id);

        Action<ModalSandboxOptions> Changed(ModalConfigurationDrift drift) => Reuse("keys-drift", options =>
        {
            options.EnvironmentVariables["CHANGED"] = "yes";
            options.WhenConfigurationDiffers = drift;
        });
    }

    [Fact]
    public async Task Acquire_MakerCrashedDuringSetup_SandboxIsMadeAnewOnceItsTimeIsOver()
    {
        // What a process leaves that is killed between creating the sandbox and writing its files.
        var half = await Client.Sandboxes.CreateAsync(
            new ModalSandboxCreateOptions
            {
                AppName = "leasing",
                Name = LeaseTags.NameOf("keys-crashed", "k"),
                Tags = new Dictionary<string, string>
                {
                    [LeaseTags.Owner] = "leasing-tests",
                    [LeaseTags.Config] = "whatever",
                    [LeaseTags.Expires] = LeaseTags.ExpiresAt(DateTimeOffset.UtcNow + TimeSpan.FromMinutes(5)),
                },
            },
            TestTimeout.Token);
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(Reuse("keys-crashed", options => options.InitialFiles["/seed"] = "there"), time);
        await using var application = services;

        var acquiring = factory.AcquireAsync("k", TestTimeout.Token);
        await UntilAsync(() => Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxTagsGetV2") > 1);
        Assert.False(acquiring.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(6));
        await using var lease = await acquiring;

        Assert.NotEqual(half.Id, lease.Sandbox.Id);
        Assert.Equal("there", await lease.Sandbox.Files.ReadAllTextAsync("/seed", cancellationToken: TestTimeout.Token));
        await WhenEndedAsync(half.Id);
        await EndAsync(lease.Sandbox.Id);
    }

    [Fact]
    public async Task Acquire_SecondApplicationDuringSetup_WaitsUntilTheFilesAreThere()
    {
        using var gate = new SemaphoreSlim(0);
        var (one, slow) = CreateFactory(Reuse("keys-setup", options =>
        {
            options.InitialFiles["/seed"] = "there";
            options.OnStart = (_, token) => gate.WaitAsync(token);
        }));
        var (two, quick) = CreateFactory(Reuse("keys-setup", options =>
        {
            options.InitialFiles["/seed"] = "there";
            options.OnStart = (_, _) => throw new InvalidOperationException("It is the other one that sets up.");
        }));
        await using var first = one;
        await using var second = two;

        var making = slow.AcquireAsync("k", TestTimeout.Token);
        await UntilAsync(() => Fixture.Emulator.Ledger.Sandboxes.Any(sandbox => sandbox.Name == LeaseTags.NameOf("keys-setup", "k")));
        var waiting = quick.AcquireAsync("k", TestTimeout.Token);
        Assert.False(waiting.IsCompleted);
        gate.Release();
        await using var made = await making;
        await using var attached = await waiting;

        Assert.Equal(made.Sandbox.Id, attached.Sandbox.Id);
        await EndAsync(made.Sandbox.Id);
    }

    [Fact]
    public async Task Acquire_KeyWhereNoneCanBe_SaysWhatToSet()
    {
        await using var perInvocation = Register(_ => { });
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Factory(perInvocation).AcquireAsync("k", TestTimeout.Token));
        Assert.Contains("ReuseExisting", exception.Message, StringComparison.Ordinal);

        await using var reusing = Register(Reuse("keys-arguments"));
        await Assert.ThrowsAsync<ArgumentException>(() => Factory(reusing).AcquireAsync("", TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Factory(reusing).AcquireAsync(new string('k', 1025), TestTimeout.Token));
    }

    private static IModalSandboxFactory Factory(ServiceProvider services) => services.GetRequiredService<IModalSandboxFactory>();
}
