using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class SignsOfLifeTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Lease_WhileASweepHangs_GoesOnShowingThatItIsHeld()
    {
        using var hanging = Fixture.Emulator.Faults.Add(new("SandboxListV2") { Delay = TimeSpan.FromHours(1) });
        await using var provider = Register(options => options.LeaseDuration = TimeSpan.FromSeconds(1));
        await using var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        await hanging.WhenHitAsync(1, TestTimeout.Token);

        using var renewals = Fixture.Emulator.Faults.Add(new("SandboxTagsSetV2") { Delay = TimeSpan.FromTicks(1) });
        await renewals.WhenHitAsync(2, TestTimeout.Token);

        Assert.Null(Assert.Single(Fixture.Emulator.Ledger.Rpcs, rpc => rpc.Name == "SandboxListV2").EndedAt);
    }

    [Fact]
    public async Task Acquire_ThatHadToWaitForItsTurn_HasItsWholeLeaseFromThenOn()
    {
        await using var provider = Register(options => options.CreatesPerSecond = 1);
        var factory = provider.GetRequiredService<IModalSandboxFactory>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => factory.AcquireAsync(TestTimeout.Token)));

        var expiries = Fixture.Emulator.Ledger.Sandboxes.TakeLast(4).Select(sandbox => long.Parse(sandbox.Tags["modalai-expires"], CultureInfo.InvariantCulture)).Order().ToList();
        Assert.InRange(expiries[^1] - expiries[0], 2, long.MaxValue);
    }

    private ServiceProvider Register(Action<ModalSandboxOptions> configure)
    {
        var services = new ServiceCollection();
        services
            .AddModalSandbox(options =>
            {
                options.Owner = "signs-of-life-tests";
                configure(options);
            })
            .ConfigureClient(options =>
            {
                options.ServerUrl = Fixture.Emulator.ServerUrl;
                options.TokenId = "ak-test";
                options.TokenSecret = "as-test";
                options.UseEnvironmentVariables = false;
                options.UseConfigurationFile = false;
                options.RequestTimeout = TimeSpan.FromMinutes(2);
                options.CreateTimeout = TimeSpan.FromSeconds(10);
            });
        return services.BuildServiceProvider();
    }
}
