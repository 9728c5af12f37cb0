using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Holders;

public sealed class HostStopTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task StopAsync_ManyLeases_EndsAllOfThemSideBySide()
    {
        var count = TestSize.Of(ci: 20, full: 200);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services
            .AddModalSandbox(options =>
            {
                options.Owner = "host-stop-tests";
                options.MaxSandboxes = count;
                options.CreatesPerSecond = 1000;
            })
            .ConfigureClient(client =>
            {
                client.ServerUrl = Fixture.Emulator.ServerUrl;
                client.TokenId = "ak-test";
                client.TokenSecret = "as-test";
                client.UseEnvironmentVariables = false;
                client.UseConfigurationFile = false;
            });
        using var host = builder.Build();
        await host.StartAsync(TestTimeout.Token);
        var factory = host.Services.GetRequiredService<IModalSandboxFactory>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, token) => await factory.AcquireAsync(token));

        // As far away as Modal is. One after the other they would take ten seconds and more.
        using var distance = Fixture.Emulator.Faults.Add(new("SandboxTerminateV2") { Delay = TimeSpan.FromMilliseconds(500) });
        var started = TimeProvider.System.GetTimestamp();
        await host.StopAsync(TestTimeout.Token);
        var elapsed = TimeProvider.System.GetElapsedTime(started);

        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(TestSize.IsFull ? 2 : 8));
        Assert.Equal(count, distance.Hits);
    }
}
