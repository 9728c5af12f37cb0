using Microsoft.Extensions.DependencyInjection;
using ModalAI.Leasing;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class HostTests(EmulatorFixture fixture) : LeasingTest(fixture)
{
    [Fact]
    public async Task Stop_Leases_AreEndedAndNoneIsGivenOut()
    {
        using var host = await StartHostAsync(_ => { });
        var factory = host.Services.GetRequiredService<IModalSandboxFactory>();
        var lease = await factory.AcquireAsync(TestTimeout.Token);

        await host.StopAsync(TestTimeout.Token);

        Assert.Throws<ObjectDisposedException>(() => lease.Sandbox);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => factory.AcquireAsync(TestTimeout.Token));
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Stop_AcquiresUnderWay_LeavesNothing()
    {
        using var slow = Fixture.Emulator.Faults.Add(new("SandboxCreateV2") { Delay = TimeSpan.FromMilliseconds(300) });
        using var host = await StartHostAsync(_ => { });
        var factory = host.Services.GetRequiredService<IModalSandboxFactory>();
        var acquiring = Enumerable.Range(0, 4).Select(_ => factory.AcquireAsync(TestTimeout.Token)).ToList();
        await slow.WhenHitAsync(4, TestTimeout.Token);

        await host.StopAsync(TestTimeout.Token);

        foreach (var acquire in acquiring)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => acquire);
        }

        host.Dispose();
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Stop_ReusedSandbox_LivesOn()
    {
        using var host = await StartHostAsync(Reuse("host-reused"));
        var lease = await host.Services.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        var id = lease.Sandbox.Id;

        await host.StopAsync(TestTimeout.Token);

        Assert.True(await RunsAsync(id));
        await EndAsync(id);
    }

    [Fact]
    public async Task Stop_ModalDoesNotAnswer_EndsWithTheHostsTime()
    {
        using var host = await StartHostAsync(
            _ => { }, extend: builder => builder.ConfigureClient(options => options.TerminateTimeout = TimeSpan.FromSeconds(2)));
        var factory = host.Services.GetRequiredService<IModalSandboxFactory>();
        await factory.AcquireAsync(TestTimeout.Token);
        var hold = Fixture.Emulator.Faults.Add(new("SandboxTerminateV2") { Delay = TimeSpan.FromMinutes(10), Times = 1 });
        using var limit = new CancellationTokenSource();

        var stopping = host.StopAsync(limit.Token);
        await hold.WhenHitAsync(cancellationToken: TestTimeout.Token);
        await limit.CancelAsync();
        await Task.WhenAny(stopping).WaitAsync(TestTimeout.Token);

        await EndAsync(Assert.Single(Fixture.Emulator.Ledger.LiveSandboxes));
        hold.Dispose();
    }

    [Fact]
    public async Task Start_Prewarm_LooksUpAndBuildsBeforeTheFirstLease()
    {
        var atFirst = Counts();
        using var host = await StartHostAsync(options =>
        {
            options.AppName = "host-prewarmed";
            options.Prewarm = true;
            options.Volumes["/data"] = new ModalVolumeMount { Name = "prewarmed", CreateIfMissing = true };
        });
        await UntilAsync(() => Counts().GetValueOrDefault("ImageGetOrCreate") > atFirst.GetValueOrDefault("ImageGetOrCreate"));
        var before = Counts();

        await using (await host.Services.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token))
        {
            var after = Counts();
            foreach (var lookUp in new[] { "AppGetOrCreate", "VolumeGetOrCreate", "ImageGetOrCreate", "AuthTokenGet" })
            {
                Assert.Equal(before[lookUp], after[lookUp]);
            }
        }

        await host.StopAsync(TestTimeout.Token);

        IReadOnlyDictionary<string, int> Counts() => Fixture.Emulator.Ledger.RpcCounts;
    }

    [Fact]
    public async Task Create_ReplyLostForGood_SandboxIsFoundAndUsed()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        await using var warm = await factory.AcquireAsync(TestTimeout.Token);

        // Carried out, and never answered, for as long as the client tries.
        using var carriedOut = Fixture.Emulator.Faults.Add(new("SandboxCreateV2") { LosesReply = true, Times = 1 });
        using var thenRefused = Fixture.Emulator.Faults.Add(new("SandboxCreateV2") { Status = Emulator.RpcStatusCode.Internal, Skip = 1 });
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);

        Assert.Equal("on", (await lease.Sandbox.ExecuteAsync("printf on", TestTimeout.Token)).StandardOutput);
        Assert.Equal(2, Fixture.Emulator.Ledger.LiveSandboxes.Count);
    }

    [Fact]
    public async Task Dispose_WithoutAHost_EndsAllLeases()
    {
        var (services, factory) = CreateFactory(_ => { });
        await factory.AcquireAsync(TestTimeout.Token);

        // The way of a provider that is disposed of without waiting, too.
        services.Dispose();

        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public void Owner_OfTheApplicationAndRegistration_IsATagWhateverTheirNames()
    {
        var options = new ModalSandboxOptions();

        Assert.Equal("shop", LeaseTags.OwnerOf(options, "shop", ""));
        Assert.StartsWith("shop.gpu-", LeaseTags.OwnerOf(options, "shop", "gpu"), StringComparison.Ordinal);
        Assert.NotEqual(LeaseTags.OwnerOf(options, "shop.gpu", ""), LeaseTags.OwnerOf(options, "shop", "gpu"));
        var one = LeaseTags.OwnerOf(options, "Büro Süd", "");
        var two = LeaseTags.OwnerOf(options, "Büro Nord", "");
        var endless = LeaseTags.OwnerOf(options, new string('x', 200), "");
        Assert.All([one, two, endless], owner => Assert.True(ModalAI.Configuration.ModalNames.IsTag(owner), owner));
        Assert.NotEqual(one, two);
        Assert.StartsWith("B-ro-S-d-", one, StringComparison.Ordinal);
    }
}
