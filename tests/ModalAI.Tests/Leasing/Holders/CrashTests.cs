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
        CrashAtEachRpcAsync(mode, first: 0, LeaseHolderProcess.BeforeRpc);

    [Theory]
    [InlineData(ModalSandboxMode.NewPerInvocation)]
    [InlineData(ModalSandboxMode.ReuseExisting)]
    public Task KilledAfterEachRpc_RestartedAndSweptOnce_LeavesNothing(ModalSandboxMode mode) =>
        CrashAtEachRpcAsync(mode, first: 1, LeaseHolderProcess.AfterRpc);

    [Theory]
    [InlineData(ModalSandboxMode.NewPerInvocation)]
    [InlineData(ModalSandboxMode.ReuseExisting)]
    public async Task KilledAtAnyInstantWithRepliesLost_RestartedAndSweptOnce_LeavesNothing(ModalSandboxMode mode)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        await using var scene = await CrashScene.OpenAsync(mode, output, poolSize: mode == ModalSandboxMode.NewPerInvocation ? 2 : 0);
        var rpcs = -scene.Ledger.Rpcs.Count;
        await scene.CrashAsync("unharmed", Touch(rpc: 0), async (holder, _) =>
        {
            await holder.WhenDoneAsync();
            rpcs += scene.Ledger.Rpcs.Count;
        });
        for (var i = 0; i < TestSize.Of(ci: 5, full: 100); i++)
        {
            // An instant in the course of the RPCs, since between them nothing changes: how much time passes until then is another thing on each computer.
            var rpc = random.Next(rpcs);
            var pause = TimeSpan.FromMilliseconds(random.NextDouble() * 30);
            await scene.CrashAsync($"kill {i}, {pause.TotalMilliseconds:f1} ms after RPC {rpc}", Touch(rpc), async (holder, fault) =>
            {
                using var losses = scene.Faults.Add(new("*") { LosesReply = true, Every = 5, Skip = random.Next(5) });
                await Task.WhenAny(fault.WhenHitAsync(1, TestTimeout.Token), holder.WhenDoneAsync());
                await Task.Delay(pause);
                await holder.KillAsync();
            });
        }
    }

    /// <summary>Tells of an RPC, and does it no harm.</summary>
    private static ModalEmulatorFaultRule Touch(int rpc) => new("*") { Skip = rpc, Times = 1, Delay = TimeSpan.FromTicks(1) };

    private async Task CrashAtEachRpcAsync(ModalSandboxMode mode, int first, ModalEmulatorFaultRule rule)
    {
        await using var scene = await CrashScene.OpenAsync(mode, output);
        var isStruck = true;
        for (var rpc = first; isStruck; rpc += TestSize.Of(ci: 4, full: 1))
        {
            await scene.CrashAsync($"RPC {rpc}", rule with { Skip = rpc }, async (holder, fault) => isStruck = await holder.KillWhenHitAsync(fault));
        }
    }
}
