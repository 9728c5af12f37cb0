using System.Collections.Concurrent;
using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Conformance.Wire;

/// <summary>
/// Plays each scenario once with Modal's SDK and once with this client, and keeps what differed. Each has an emulator of its own, on which the scenarios
/// run one after the other.
/// </summary>
public sealed class WireFixture : IAsyncLifetime
{
    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string Scenario, Backend Backend), Lazy<Task<List<WireDifference>>>> _results = new();
    private readonly Lazy<Task<(WireDriver Driver, ModalEmulator Sdk, ModalEmulator Ours)>> _stage = new(SetUpAsync);
    private readonly SemaphoreSlim _turn = new(1);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_stage.IsValueCreated && _stage.Value.IsCompletedSuccessfully)
        {
            var (driver, sdk, ours) = await _stage.Value;
            await driver.DisposeAsync();
            await sdk.DisposeAsync();
            await ours.DisposeAsync();
        }

        _turn.Dispose();
    }

    internal Task<List<WireDifference>> CompareAsync(WireScenario scenario, Backend backend) =>
        _results.GetOrAdd((scenario.Name, backend), _ => new Lazy<Task<List<WireDifference>>>(() => PlayAsync(scenario, backend))).Value;

    private static async Task<(WireDriver Driver, ModalEmulator Sdk, ModalEmulator Ours)> SetUpAsync()
    {
        await ModalSdk.RequireAsync();
        return (await WireDriver.StartAsync(), await WireRun.StartEmulatorAsync(), await WireRun.StartEmulatorAsync());
    }

    private async Task<List<WireDifference>> PlayAsync(WireScenario scenario, Backend backend)
    {
        var (driver, sdk, ours) = await _stage.Value;
        await _turn.WaitAsync();
        try
        {
            var theirs = RecordAsync(sdk, emulator => scenario.MayBeRefused
                ? driver.TryPlayAsync(scenario.Name, emulator.ServerUrl, backend)
                : driver.PlayAsync(scenario.Name, emulator.ServerUrl, backend));
            var mine = RecordAsync(ours, emulator => PlayOursAsync(scenario, emulator, backend));
            await Task.WhenAll(theirs, mine);
            return WireComparison.Compare(await theirs, await mine);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static async Task PlayOursAsync(WireScenario scenario, ModalEmulator emulator, Backend backend)
    {
        await using var client = WireRun.CreateClient(emulator, backend);
        var run = new WireRun(client, emulator, TestTimeout.Token);
        await (scenario.MayBeRefused ? WireRun.RefusedAsync(() => scenario.Run(run)) : scenario.Run(run));
    }

    private static async Task<List<WireCall>> RecordAsync(ModalEmulator emulator, Func<ModalEmulator, Task> play)
    {
        emulator.Recorder!.Clear();
        try
        {
            await play(emulator);
        }
        finally
        {
            await WhenQuietAsync(emulator);
        }

        return WireCall.From(emulator.Recorder.Requests);
    }

    /// <summary>The next scenario starts with nothing left of this one.</summary>
    private static async Task WhenQuietAsync(ModalEmulator emulator)
    {
        using var limit = new CancellationTokenSource(QuietLimit);
        await emulator.Ledger.WhenNothingIsLeftAsync(limit.Token);
        while (emulator.Ledger.RunningRpcs > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
        }
    }
}
