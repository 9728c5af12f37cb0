using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Holders;

/// <summary>What one process stopped goes on in another. They share a Redis server.</summary>
public sealed class ContinuationTests(EmulatorFixture fixture, RedisServer redis) : EmulatorTest(fixture), IClassFixture<RedisServer>
{
    private const string Write = "mkdir /srv/notes && echo 'made before' > /srv/notes/today && chmod 600 /srv/notes/today";
    private const string Read = "stat -c %a /srv/notes/today && cat /srv/notes/today /srv/setup";

    /// <summary>Setup is not repeated: a second line would tell.</summary>
    private static readonly string[] Files = ["600", "made before", "set up"];

    [SkippableFact]
    public async Task Acquire_StoppedInAnotherProcess_GoesOnWithItsFiles()
    {
        RedisServer.Require();
        await using var stopping = Start("acquire-run-stop", "conversation", Write);
        await stopping.GoAsync();
        await stopping.WhenDoneAsync();
        await Fixture.AssertNothingLeftAsync();

        await AssertGoesOnAsync("conversation");
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Acquire_OtherProcessKilledAtEachRpcOfStopping_GoesOnWithItsFiles(bool isCarriedOut)
    {
        RedisServer.Require();
        var rule = isCarriedOut ? LeaseHolderProcess.AfterRpc : LeaseHolderProcess.BeforeRpc;
        var isStruck = true;
        for (var rpc = 0; isStruck; rpc++)
        {
            var key = $"stopped-at-{rpc}-{isCarriedOut}";
            await using var stopping = Start("acquire-run-stop", key, Write);
            await stopping.WhenAtAsync("waiting");
            using (var fault = Fixture.Emulator.Faults.Add(rule with { Skip = rpc }))
            {
                await stopping.GoAsync();
                isStruck = await stopping.KillWhenHitAsync(fault);
            }

            await AssertGoesOnAsync(key);
        }
    }

    /// <summary>Another process finds the files, in the only sandbox that there is.</summary>
    private async Task AssertGoesOnAsync(string key)
    {
        await using var starting = Start("acquire-run-release", key, Read);
        await starting.WhenDoneAsync();

        Assert.Equal(Files, starting.Told("ran"));
        await Client.Sandboxes.Get(starting.Told("acquired").Single()).TerminateAsync(TestTimeout.Token);
        await Fixture.AssertNothingLeftAsync();
    }

    private LeaseHolderProcess Start(string verb, string key, string command) => LeaseHolderProcess.Start(verb, Fixture.Emulator.ServerUrl, new Dictionary<string, string>
    {
        ["Command"] = command,
        ["Key"] = key,
        ["Redis"] = redis.Configuration,
        ["Sandbox:Mode"] = nameof(ModalSandboxMode.ReuseExisting),
        ["Sandbox:Name"] = "continued",
        ["Sandbox:SetupCommands:0"] = "echo 'set up' >> /srv/setup",
    });
}
