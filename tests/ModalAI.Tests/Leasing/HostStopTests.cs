using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class HostStopTests(EmulatorFixture fixture) : LeasingTest(fixture)
{
    [Fact]
    public async Task Stop_ManyLeases_EndsThemSideBySide()
    {
        var count = TestSize.Of(ci: 20, full: 200);
        using var host = await StartHostAsync(options =>
        {
            options.MaxSandboxes = count;
            options.CreatesPerSecond = 1000;
        });
        var factory = host.Services.GetRequiredService<IModalSandboxFactory>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, token) => await factory.AcquireAsync(token));

        // As far away as Modal is. One after the other they would take ten seconds and more.
        using var distance = Fixture.Emulator.Faults.Add(new("SandboxTerminateV2") { Delay = TimeSpan.FromMilliseconds(500) });
        var started = TimeProvider.System.GetTimestamp();
        await host.StopAsync(TestTimeout.Token);
        var elapsed = TimeProvider.System.GetElapsedTime(started);

        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(TestSize.IsFull ? 2 : 8));
        Assert.Equal(count, distance.Hits);
        await Fixture.AssertNothingLeftAsync();
    }
}
