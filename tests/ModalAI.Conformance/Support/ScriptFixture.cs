using System.Text.Json;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance.Support;

/// <summary>One script, run once for each backend against an emulator of its own; its cases are the tests.</summary>
/// <param name="script">Its name.</param>
/// <param name="configure">Changes the emulator's options.</param>
/// <param name="environment">Variables that the script gets.</param>
public abstract class ScriptFixture(
    string script, Action<ModalEmulatorOptions>? configure = null, IReadOnlyDictionary<string, string>? environment = null)
{
    private readonly Dictionary<Backend, Lazy<Task<JsonElement>>> _runs = new()
    {
        [Backend.V1] = new Lazy<Task<JsonElement>>(() => RunAsync(script, Backend.V1, configure, environment)),
        [Backend.V2] = new Lazy<Task<JsonElement>>(() => RunAsync(script, Backend.V2, configure, environment)),
    };

    /// <summary>What a case returned.</summary>
    public async Task<JsonElement> CaseAsync(Backend backend, string name)
    {
        var result = (await _runs[backend].Value).GetProperty(name);
        Assert.False(result.TryGetProperty("failed", out var failed), $"{script}, {name} on {backend}: {failed}");
        return result.GetProperty("value");
    }

    private static async Task<JsonElement> RunAsync(
        string script, Backend backend, Action<ModalEmulatorOptions>? configure, IReadOnlyDictionary<string, string>? environment)
    {
        await ModalSdk.RequireAsync();
        var options = new ModalEmulatorOptions { ControlPort = 0 };
        options.Secrets["warehouse"] = new Dictionary<string, string> { ["WAREHOUSE_KEY"] = "named value" };
        options.Secrets["short-lived"] = new Dictionary<string, string> { ["KEY"] = "value" };
        configure?.Invoke(options);
        await using var emulator = await ModalEmulator.StartAsync(options);
        var variables = new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["EMULATOR_CONTROL_URL"] = emulator.ControlUrl! };
        var results = await ModalSdk.RunAsync(script, emulator.ServerUrl, backend, variables);

        // Every case ends what it creates, so nothing may be left of any of them.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await emulator.Ledger.WhenNothingIsLeftAsync(soon.Token);
        return results;
    }
}
