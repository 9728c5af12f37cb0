using Microsoft.Extensions.DependencyInjection;
using ModalAI.Leasing;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class SweepTests(EmulatorFixture fixture) : LeasingTest(fixture)
{
    private static readonly TimeSpan Longer = TimeSpan.FromHours(1);

    [Fact]
    public async Task Sweep_SandboxesOfACrashedProcess_EndsThoseOfTheOwnerThatHaveExpired()
    {
        var expired = await LeaveAsync("sweepers", DateTimeOffset.UtcNow - Longer);
        var alive = await LeaveAsync("sweepers", DateTimeOffset.UtcNow + Longer);
        var reused = await LeaveAsync("sweepers", expires: null);
        var foreign = await LeaveAsync("others", DateTimeOffset.UtcNow - Longer);
        var untagged = await LeaveAsync(owner: null, DateTimeOffset.UtcNow - Longer);

        var ended = await SweepAsync("sweepers", TimeProvider.System);

        Assert.Equal(1, ended);
        await WhenEndedAsync(expired);
        foreach (var left in new[] { alive, reused, foreign, untagged })
        {
            Assert.True(await RunsAsync(left));
            await EndAsync(left);
        }
    }

    [Fact]
    public async Task Sweep_HeldSandbox_IsNotTouchedHoweverOldItsTags()
    {
        var time = new ShiftedTimeProvider();
        var context = Context("holder", time);
        var id = await LeaveAsync("holder", DateTimeOffset.UtcNow);
        using var places = new SemaphoreSlim(0);
        var held = new HeldSandbox(Client.Sandboxes.Get(id), Tags("holder", DateTimeOffset.UtcNow), new SandboxPlace(places), 0);
        context.Held.Add(held);
        time.Advance(Longer);

        Assert.Equal(0, await new SandboxSweep(context).RunAsync(TestTimeout.Token));

        // A sign of life, and no other process would touch it either.
        await context.Held.RenewAsync(time.GetUtcNow(), context.Options.LeaseDuration, context.Logger, TestTimeout.Token);
        Assert.Equal(0, await SweepAsync("holder", time));
        time.Advance(Longer);
        Assert.Equal(1, await SweepAsync("holder", time));
        await WhenEndedAsync(id);
    }

    [Fact]
    public async Task Sweep_HolderCameBackAfterTheListWasMade_LeavesItAlone()
    {
        var id = await LeaveAsync("late", DateTimeOffset.UtcNow - Longer);
        using var fault = Fixture.Emulator.Faults.Add(new("SandboxTagsGetV2") { Delay = TimeSpan.FromMilliseconds(500), Times = 1 });

        var sweeping = SweepAsync("late", TimeProvider.System);
        await fault.WhenHitAsync(cancellationToken: TestTimeout.Token);
        await Client.Sandboxes.Get(id).SetTagsAsync(Tags("late", DateTimeOffset.UtcNow + Longer), TestTimeout.Token);

        Assert.Equal(0, await sweeping);
        await EndAsync(id);
    }

    [Fact]
    public async Task Sweep_NoSuchApp_FindsNothing()
    {
        var options = new ModalSandboxOptions { AppName = "never-used" };
        var context = new LeasingContext(Client, options, "nobody", CancellationToken.None);

        Assert.Equal(0, await new SandboxSweep(context).RunAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task HostStart_SweepsAtOnceAndThenOnATimer()
    {
        var first = await LeaveAsync("leasing-tests", DateTimeOffset.UtcNow - Longer);
        using var host = await StartHostAsync(options => options.SweepInterval = TimeSpan.FromSeconds(1));
        await WhenEndedAsync(first);

        var second = await LeaveAsync("leasing-tests", DateTimeOffset.UtcNow - Longer);
        await WhenEndedAsync(second);
        await host.StopAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Lease_HeldForLong_ShowsSignsOfLife()
    {
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(options => options.LeaseDuration = TimeSpan.FromSeconds(1), time);
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        var atFirst = LeaseTags.ExpiryOf(await lease.Sandbox.GetTagsAsync(TestTimeout.Token));

        time.Advance(TimeSpan.FromHours(1));
        var limit = TestTimeout.Token;
        while (LeaseTags.ExpiryOf(await lease.Sandbox.GetTagsAsync(limit)) <= atFirst)
        {
        }
    }

    [Fact]
    public async Task Lease_HeldWhileASweepHangs_ShowsSignsOfLife()
    {
        using var hanging = Fixture.Emulator.Faults.Add(new("SandboxListV2") { Delay = TimeSpan.FromHours(1) });
        using var renewals = Fixture.Emulator.Faults.Add(new("SandboxTagsSetV2") { Delay = TimeSpan.FromTicks(1) });
        var time = new ShiftedTimeProvider();
        var (services, factory) = CreateFactory(
            options => options.LeaseDuration = TimeSpan.FromSeconds(1), time, builder => builder.ConfigureClient(client => client.RequestTimeout = TimeSpan.FromMinutes(5)));
        await using var application = services;
        await using var lease = await factory.AcquireAsync(TestTimeout.Token);
        await hanging.WhenHitAsync(1, TestTimeout.Token);

        time.Advance(TimeSpan.FromHours(1));
        await renewals.WhenHitAsync(2, TestTimeout.Token);

        Assert.Null(Fixture.Emulator.Ledger.Rpcs.Last(static rpc => rpc.Name == "SandboxListV2").EndedAt);
    }

    [Fact]
    public async Task Renew_ApplicationHasSetTagsOfItsOwn_KeepsThem()
    {
        var context = Context("tagged", TimeProvider.System);
        var id = await LeaveAsync("tagged", DateTimeOffset.UtcNow);
        var sandbox = Client.Sandboxes.Get(id);
        using var places = new SemaphoreSlim(0);
        context.Held.Add(new HeldSandbox(sandbox, Tags("tagged", DateTimeOffset.UtcNow), new SandboxPlace(places), 0));
        await sandbox.SetTagsAsync(new Dictionary<string, string> { ["ticket"] = "42" }, TestTimeout.Token);

        await context.Held.RenewAsync(DateTimeOffset.UtcNow, TimeSpan.FromHours(1), context.Logger, TestTimeout.Token);

        var tags = await sandbox.GetTagsAsync(TestTimeout.Token);
        Assert.Equal("42", tags["ticket"]);
        Assert.Equal("tagged", tags[LeaseTags.Owner]);
        Assert.True(LeaseTags.ExpiryOf(tags) > DateTimeOffset.UtcNow + TimeSpan.FromMinutes(50));
        await EndAsync(id);
    }

    private static Dictionary<string, string> Tags(string? owner, DateTimeOffset? expires)
    {
        var tags = new Dictionary<string, string>();
        if (owner is not null)
        {
            tags[LeaseTags.Owner] = owner;
        }

        if (expires is { } time)
        {
            tags[LeaseTags.Expires] = LeaseTags.ExpiresAt(time);
        }

        return tags;
    }

    private async Task<string> LeaveAsync(string? owner, DateTimeOffset? expires) =>
        (await Client.Sandboxes.CreateAsync(new ModalSandboxCreateOptions { AppName = "leasing", Tags = Tags(owner, expires) }, TestTimeout.Token)).Id;

    private LeasingContext Context(string owner, TimeProvider time) =>
        new(Fixture.CreateClient(timeProvider: time), new ModalSandboxOptions { AppName = "leasing" }, owner, CancellationToken.None);

    private Task<int> SweepAsync(string owner, TimeProvider time) => new SandboxSweep(Context(owner, time)).RunAsync(TestTimeout.Token);
}
