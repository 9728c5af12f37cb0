using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Holders;

public sealed class SharedKeyTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Acquire_OneKey500TimesAtOnceFromTwoProcesses_MakesOneSandbox()
    {
        Dictionary<string, string> settings = new()
        {
            ["Count"] = "250",
            ["Key"] = "conversation",
            ["Sandbox:Mode"] = nameof(ModalSandboxMode.ReuseExisting),
            ["Sandbox:Name"] = "shared",
        };
        await using var one = LeaseHolderProcess.Start("acquire-many", Fixture.Emulator.ServerUrl, settings);
        await using var other = LeaseHolderProcess.Start("acquire-many", Fixture.Emulator.ServerUrl, settings);
        await Task.WhenAll(one.WhenAtAsync("waiting"), other.WhenAtAsync("waiting"));

        await Task.WhenAll(one.GoAsync(), other.GoAsync());
        await Task.WhenAll(one.WhenDoneAsync(), other.WhenDoneAsync());

        var sandbox = Assert.Single(Fixture.Emulator.Ledger.Sandboxes);
        Assert.Equal([sandbox.Id, sandbox.Id], one.Told("acquired").Concat(other.Told("acquired")));
        await Client.Sandboxes.Get(sandbox.Id).TerminateAsync(TestTimeout.Token);
    }
}
