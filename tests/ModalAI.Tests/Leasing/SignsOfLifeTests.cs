using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class SignsOfLifeTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Lease_WhileASweepHangs_GoesOnShowingThatItIsHeld()
    {
        using var hanging = Fixture.Emulator.Faults.Add(new("SandboxListV2") { Delay = TimeSpan.FromHours(1) });
        var services = new ServiceCollection();
        services
            .AddModalSandbox(options =>
            {
                options.Owner = "signs-of-life-tests";
                options.LeaseDuration = TimeSpan.FromSeconds(1);
            })
            .ConfigureClient(options =>
            {
                options.ServerUrl = Fixture.Emulator.ServerUrl;
                options.TokenId = "ak-test";
                options.TokenSecret = "as-test";
                options.UseEnvironmentVariables = false;
                options.UseConfigurationFile = false;
                options.CreateTimeout = TimeSpan.FromSeconds(2);
                options.RequestTimeout = TimeSpan.FromMinutes(2);
            });
        await using var provider = services.BuildServiceProvider();
        await using var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        await hanging.WhenHitAsync(1, TestTimeout.Token);

        using var renewals = Fixture.Emulator.Faults.Add(new("SandboxTagsSetV2") { Delay = TimeSpan.FromTicks(1) });
        await renewals.WhenHitAsync(2, TestTimeout.Token);

        Assert.Null(Assert.Single(Fixture.Emulator.Ledger.Rpcs, rpc => rpc.Name == "SandboxListV2").EndedAt);
    }
}
