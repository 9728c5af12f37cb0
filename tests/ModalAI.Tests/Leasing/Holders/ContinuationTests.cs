using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Holders;

public sealed class ContinuationTests(EmulatorFixture fixture, RedisServer redis) : EmulatorTest(fixture), IClassFixture<RedisServer>
{
    [SkippableFact]
    public async Task Acquire_StoppedInAnotherProcess_GoesOnWithItsFiles()
    {
        RedisServer.Require();
        await using var stopping = Start("acquire-run-stop", "mkdir /srv/notes && echo 'made before' > /srv/notes/today && chmod 600 /srv/notes/today");
        await stopping.WhenDoneAsync();
        await Fixture.AssertNothingLeftAsync();

        await using var starting = Start("acquire-run-release", "stat -c %a /srv/notes/today && cat /srv/notes/today /srv/setup");
        await starting.WhenDoneAsync();

        // Initial files and setup are not repeated: a second line would tell.
        Assert.Equal(["600", "made before", "set up"], starting.Told("ran"));
        Assert.Equal(2, Fixture.Emulator.Ledger.Sandboxes.Count);
        await Client.Sandboxes.Get(starting.Told("acquired").Single()).TerminateAsync(TestTimeout.Token);
    }

    private LeaseHolderProcess Start(string verb, string command) => LeaseHolderProcess.Start(verb, Fixture.Emulator.ServerUrl, new Dictionary<string, string>
    {
        ["Command"] = command,
        ["Key"] = "conversation",
        ["Redis"] = redis.Configuration,
        ["Sandbox:Mode"] = nameof(ModalSandboxMode.ReuseExisting),
        ["Sandbox:Name"] = "continued",
        ["Sandbox:SetupCommands:0"] = "echo 'set up' >> /srv/setup",
    });
}
