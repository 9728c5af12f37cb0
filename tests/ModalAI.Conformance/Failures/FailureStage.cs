using System.Text.Json;
using ModalAI.Conformance.Support;
using ModalAI.Conformance.Wire;
using ModalAI.Emulator;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Conformance.Failures;

/// <summary>Node with the SDK, and an emulator whose calls fail on demand.</summary>
public sealed class FailureStage : IAsyncLifetime
{
    private readonly SemaphoreSlim _turn = new(1);
    private WireDriver? _driver;
    private ModalEmulator? _emulator;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_driver is not null)
        {
            await _driver.DisposeAsync();
        }

        if (_emulator is not null)
        {
            await _emulator.DisposeAsync();
        }

        _turn.Dispose();
    }

    internal Task<JsonElement> SdkAsync(string action, Backend backend, ModalEmulatorFaultRule? rule) =>
        InTurnAsync(rule, emulator => _driver!.TryPlayAsync(action, emulator.ServerUrl, backend));

    internal Task<Exception?> OursAsync(Func<WireRun, Task> action, Backend backend, ModalEmulatorFaultRule? rule) => InTurnAsync<Exception?>(rule, async emulator =>
    {
        await using var client = WireRun.CreateClient(emulator, backend);
        return await Record.ExceptionAsync(() => action(new WireRun(client, emulator, TestTimeout.Token)));
    });

    private async Task<T> InTurnAsync<T>(ModalEmulatorFaultRule? rule, Func<ModalEmulator, Task<T>> play)
    {
        await ModalSdk.RequireAsync();
        await _turn.WaitAsync();
        try
        {
            _driver ??= await WireDriver.StartAsync();
            _emulator ??= await WireRun.StartEmulatorAsync();
            using var fault = rule is null ? null : _emulator.Faults.Add(rule);
            var result = await play(_emulator);
            Assert.True(fault is null or { Hits: > 0 }, $"{rule?.Rpc} was not called.");
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }
}
