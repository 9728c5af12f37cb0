using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

/// <summary>Command routers that change their address, and connections to them that nobody uses.</summary>
public sealed class RouterMoveTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private ModalEmulatorFaults Faults => Fixture.Emulator.Faults;

    [Fact]
    public async Task Calls_RouterMoved_GoToItsNewAddress()
    {
        await Faults.MoveRouterAsync(TestTimeout.Token);
        await using var lifetime = await CreateSandboxAsync();
        Assert.Equal("one\n", (await lifetime.Sandbox.ExecuteAsync("echo one", TestTimeout.Token)).StandardOutput);

        // The port before is closed for good: nothing listens there.
        await Faults.MoveRouterAsync(TestTimeout.Token);

        Assert.Equal("two\n", (await lifetime.Sandbox.ExecuteAsync("echo two", TestTimeout.Token)).StandardOutput);
        Assert.True(Fixture.Emulator.RouterConnections > 0);
    }

    [Fact]
    public async Task RunningCommand_RouterMoved_LosesNothing()
    {
        await Faults.MoveRouterAsync(TestTimeout.Token);
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Shell("echo one; cat; echo three"), TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput);
        var exit = process.WaitForExitAsync(TestTimeout.Token);
        Assert.Equal("one", await output.ReadLineAsync(TestTimeout.Token));

        await Faults.MoveRouterAsync(TestTimeout.Token);
        await process.StandardInput.WriteAsync("two\n"u8.ToArray(), TestTimeout.Token);
        Assert.Equal("two", await output.ReadLineAsync(TestTimeout.Token));
        await Faults.MoveRouterAsync(TestTimeout.Token);
        await process.StandardInput.DisposeAsync();

        Assert.Equal("three", await output.ReadLineAsync(TestTimeout.Token));
        Assert.Null(await output.ReadLineAsync(TestTimeout.Token));
        Assert.Equal(0, await exit);
    }

    [Fact]
    public async Task Token_RenewedAtAnotherAddress_MovesNewCallsAndRepeatsTheBroken()
    {
        // The call is under way when the router moves: it breaks off there, and is made again at the new address.
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.ExecuteAsync("true", TestTimeout.Token);
        using var held = Faults.Add(new ModalEmulatorFaultRule("TaskExecPoll") { Delay = TimeSpan.FromSeconds(1), Times = 1 });
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("sleep", "600"), TestTimeout.Token);
        var poll = process.PollAsync(TestTimeout.Token);
        await held.WhenHitAsync(1, TestTimeout.Token);

        Faults.RotateRouterTokens();
        await Faults.MoveRouterAsync(TestTimeout.Token);
        Assert.Equal("moved\n", (await lifetime.Sandbox.ExecuteAsync("echo moved", TestTimeout.Token)).StandardOutput);

        Assert.Null(await poll);
        Assert.True(Fixture.Emulator.RouterConnections > 0);
        Assert.True(await process.KillAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Connection_Idle_IsClosedAndDialledAgainOnDemand()
    {
        await Faults.MoveRouterAsync(TestTimeout.Token);
        await using var lifetime = await CreateSandboxAsync();
        await using var client = Fixture.CreateClient(options => options.RouterIdleTimeout = TimeSpan.FromMilliseconds(200));
        var sandbox = client.Sandboxes.Get(lifetime.Sandbox.Id);
        await sandbox.ExecuteAsync("true", TestTimeout.Token);

        await UntilAsync(() => Fixture.Emulator.RouterConnections == 0);

        Assert.Equal("again\n", (await sandbox.ExecuteAsync("echo again", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Stream_ThatNobodyReads_IsLetGoAndGoesOnAtItsPlace()
    {
        await Faults.MoveRouterAsync(TestTimeout.Token);
        await using var lifetime = await CreateSandboxAsync();
        await using var client = Fixture.CreateClient(options => options.RouterIdleTimeout = TimeSpan.FromMilliseconds(200));
        await using var process = await client.Sandboxes.Get(lifetime.Sandbox.Id).StartProcessAsync(ModalCommand.Shell("echo one; read line; echo two"), TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput);
        Assert.Equal("one", await output.ReadLineAsync(TestTimeout.Token));

        // The command runs on and its output is still open: only the idle limit can end the connection.
        await UntilAsync(() => Fixture.Emulator.RouterConnections == 0);
        await process.StandardInput.WriteAsync("go\n"u8.ToArray(), TestTimeout.Token);

        Assert.Equal("two", await output.ReadLineAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Connection_IdleForEver_StaysOpen()
    {
        await Faults.MoveRouterAsync(TestTimeout.Token);
        await using var lifetime = await CreateSandboxAsync();
        await using var client = Fixture.CreateClient(options => options.RouterIdleTimeout = TimeSpan.Zero);
        await using var brief = Fixture.CreateClient(options => options.RouterIdleTimeout = TimeSpan.FromMilliseconds(200));
        await client.Sandboxes.Get(lifetime.Sandbox.Id).ExecuteAsync("true", TestTimeout.Token);
        await brief.Sandboxes.Get(lifetime.Sandbox.Id).ExecuteAsync("true", TestTimeout.Token);

        // Once the brief one's is closed, the other one has been idle for as long.
        await UntilAsync(() => Fixture.Emulator.RouterConnections == 1);

        Assert.Equal(1, Fixture.Emulator.RouterConnections);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var limit = TestTimeout.Token;
        while (!condition())
        {
            await Task.Delay(20, limit);
        }
    }
}
