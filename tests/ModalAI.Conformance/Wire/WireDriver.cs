using System.Diagnostics;
using System.Text.Json;
using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance.Wire;

/// <summary>Node with Modal's SDK, kept running: it plays one scenario after the other, each with a client of its own.</summary>
internal sealed class WireDriver : IAsyncDisposable
{
    private static readonly TimeSpan ScenarioLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Process _process;
    private readonly Task<string> _error;

    private WireDriver(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public static async Task<WireDriver> StartAsync()
    {
        await ModalSdk.RequireAsync();
        var start = ModalSdk.Command("wire.mjs");
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return new WireDriver(Process.Start(start)!);
    }

    /// <summary>Plays a scenario against a server.</summary>
    public async Task PlayAsync(string scenario, string endpoint, Backend backend)
    {
        var failure = await TryPlayAsync(scenario, endpoint, backend);
        Assert.True(failure.ValueKind == JsonValueKind.Null, $"The SDK's side of '{scenario}' on {backend}: {failure}");
    }

    /// <summary>Plays a scenario and gives what the SDK threw: its class, code and message; null for nothing.</summary>
    public async Task<JsonElement> TryPlayAsync(string scenario, string endpoint, Backend backend)
    {
        await _turn.WaitAsync();
        try
        {
            using var limit = new CancellationTokenSource(ScenarioLimit);
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { scenario, endpoint, v2 = backend == Backend.V2 }).AsMemory(), limit.Token);
            await _process.StandardInput.FlushAsync(limit.Token);
            var answer = await _process.StandardOutput.ReadLineAsync(limit.Token)
                ?? throw new InvalidOperationException($"Node ended in '{scenario}': {await _error}");
            return JsonDocument.Parse(answer).RootElement.GetProperty("failed");
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _turn.Dispose();
    }
}
