using ModalAI.TestSupport;
using Xunit.Abstractions;

namespace ModalAI.Tests.Leasing.Holders;

/// <summary>A process dies without a word, wherever it stands: its next start puts everything right, and touches nothing that belongs to another.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ModalSandboxMode.NewPerInvocation)]
    [InlineData(ModalSandboxMode.ReuseExisting)]
    public Task KilledBeforeEachRpc_RestartedAndSweptOnce_LeavesNothing(ModalSandboxMode mode) =>
        CrashAtEachRpcAsync(mode, new ModalEmulatorFaultRule("*") { Times = 1, Delay = TimeSpan.FromHours(1) });

    [Theory]
    [InlineData(ModalSandboxMode.NewPerInvocation)]
    [InlineData(ModalSandboxMode.ReuseExisting)]
    public Task KilledAfterEachRpc_RestartedAndSweptOnce_LeavesNothing(ModalSandboxMode mode) =>
        CrashAtEachRpcAsync(mode, new ModalEmulatorFaultRule("*") { Times = 1, LosesReply = true });

    [Theory]
    [InlineData(ModalSandboxMode.NewPerInvocation)]
    [InlineData(ModalSandboxMode.ReuseExisting)]
    public async Task KilledAtAnyInstantWithRepliesLost_RestartedAndSweptOnce_LeavesNothing(ModalSandboxMode mode)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        await using var scene = await CrashScene.OpenAsync(mode, output);
        var longest = TimeSpan.Zero;
        await scene.CrashAsync("unharmed", null, async (holder, _) =>
        {
            await holder.WhenAtAsync("starting");
            var start = TimeProvider.System.GetTimestamp();
            await holder.WhenDoneAsync();
            longest = TimeProvider.System.GetElapsedTime(start);
        });
        for (var i = 0; i < TestSize.Of(ci: 8, full: 100); i++)
        {
            var instant = longest * random.NextDouble();
            var losses = new ModalEmulatorFaultRule("*") { LosesReply = true, Every = 5, Skip = random.Next(5) };
            await scene.CrashAsync($"kill {i} at {instant.TotalMilliseconds:f1} ms", losses, async (holder, _) =>
            {
                await holder.WhenAtAsync("starting");
                await Task.Delay(instant);
            });
        }
    }

    private async Task CrashAtEachRpcAsync(ModalSandboxMode mode, ModalEmulatorFaultRule rule)
    {
        await using var scene = await CrashScene.OpenAsync(mode, output);
        var isStruck = true;
        for (var rpc = 0; isStruck; rpc++)
        {
            await scene.CrashAsync($"RPC {rpc}", rule with { Skip = rpc }, async (holder, fault) =>
            {
                var done = holder.WhenDoneAsync();
                isStruck = await Task.WhenAny(fault!.WhenHitAsync(1, TestTimeout.Token), done) != done;
                await (isStruck ? Task.CompletedTask : done);
            });
        }
    }
}
