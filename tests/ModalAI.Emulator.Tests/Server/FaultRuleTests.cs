using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

/// <summary>Which calls a rule strikes.</summary>
public sealed class FaultRuleTests : IAsyncLifetime
{
    private EmulatorConnection _connection = null!;

    public async Task InitializeAsync() => _connection = await EmulatorConnection.StartAsync();

    public async Task DisposeAsync() => await _connection.DisposeAsync();

    [Theory]
    [InlineData(null, 1, 0, "XXXXXXXX")]
    [InlineData(2, 1, 0, "XX......")]
    [InlineData(null, 3, 0, "..X..X..")]
    [InlineData(null, 1, 5, ".....XXX")]
    [InlineData(2, 2, 1, "..X.X...")]
    public async Task Rule_TimesEverySkip_StrikesThose(int? times, int every, int skip, string expected)
    {
        using var fault = Add(new ModalEmulatorFaultRule("AppGetOrCreate") { Status = RpcStatusCode.Aborted, Times = times, Every = every, Skip = skip });

        var struck = "";
        foreach (var _ in expected)
        {
            struck += await IsStruckAsync() ? 'X' : '.';
        }

        Assert.Equal(expected, struck);
        Assert.Equal(expected.Count(call => call == 'X'), fault.Hits);
    }

    [Fact]
    public async Task Rule_ManyCallsAtOnce_StrikesNoMoreThanItsTimes()
    {
        using var fault = Add(new ModalEmulatorFaultRule("AppGetOrCreate") { Status = RpcStatusCode.Aborted, Times = 7 });

        var struck = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => IsStruckAsync()));

        Assert.Equal((7, 7), (struck.Count(isStruck => isStruck), fault.Hits));
    }

    [Fact]
    public async Task Rule_Disposed_StrikesNoMore()
    {
        var fault = Add(new ModalEmulatorFaultRule("App*") { Status = RpcStatusCode.Aborted });
        Assert.True(await IsStruckAsync());

        fault.Dispose();

        Assert.False(await IsStruckAsync());
        Assert.Equal(1, fault.Hits);
    }

    [Fact]
    public async Task Rule_ForAnotherRpc_DoesNotStrike()
    {
        using var fault = Add(new ModalEmulatorFaultRule("Sandbox*") { Status = RpcStatusCode.Aborted });

        Assert.False(await IsStruckAsync());
    }

    [Theory]
    [InlineData(ModalEmulatorBreak.EndStream)]
    [InlineData(ModalEmulatorBreak.ResetStream)]
    [InlineData(ModalEmulatorBreak.CloseConnection)]
    public async Task Reply_Lost_WasCarriedOut(ModalEmulatorBreak how)
    {
        using var fault = Add(new ModalEmulatorFaultRule("AppGetOrCreate") { LosesReply = true, Break = how, Times = 1 });

        // One that ends in good order brings its message, but no status.
        await Assert.ThrowsAsync<RpcException>(() => _connection.CreateAppAsync("made"));

        Assert.Equal(1, fault.Hits);
        Assert.NotEmpty(await _connection.CreateAppAsync("made"));
        Assert.Equal([RpcStatusCode.Unavailable, RpcStatusCode.Ok], _connection.Emulator.Ledger.Rpcs.Select(rpc => rpc.Status!.Value));
    }

    [Fact]
    public async Task Reply_ShorterThanTheBreak_Arrives()
    {
        using var fault = Add(new ModalEmulatorFaultRule("AppGetOrCreate") { BreakAfterSent = 100_000 });

        Assert.NotEmpty(await _connection.CreateAppAsync());

        Assert.Equal(0, fault.Hits);
    }

    [Fact]
    public async Task Request_BrokenBeforeItsEnd_WasNotCarriedOut()
    {
        using var fault = Add(new ModalEmulatorFaultRule("AppGetOrCreate") { BreakAfterReceived = 3 });

        await Assert.ThrowsAsync<RpcException>(() => _connection.CreateAppAsync());

        Assert.Equal(1, fault.Hits);
    }

    [Fact]
    public async Task WhenHit_StruckInTheBackground_Ends()
    {
        using var fault = Add(new ModalEmulatorFaultRule("AppGetOrCreate") { Status = RpcStatusCode.Aborted });
        var hit = fault.WhenHitAsync(2, TestTimeout.Token);

        await IsStruckAsync();
        Assert.False(hit.IsCompleted);
        await IsStruckAsync();

        await hit;
    }

    private ModalEmulatorFault Add(ModalEmulatorFaultRule rule) => _connection.Emulator.Faults.Add(rule);

    private async Task<bool> IsStruckAsync()
    {
        try
        {
            await _connection.CreateAppAsync();
            return false;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
        {
            return true;
        }
    }
}
