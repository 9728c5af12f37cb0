using Microsoft.Extensions.Logging;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.TestSupport;

/// <summary>One emulator for the tests of a class; what is left on the computer when it has ended fails the class.</summary>
public class EmulatorFixture : IAsyncLifetime
{
    private readonly string _state = Path.Combine(Path.GetTempPath(), $"modalai-tests-{Guid.NewGuid():N}");

    /// <summary>The emulator.</summary>
    public ModalEmulator Emulator { get; private set; } = null!;

    /// <inheritdoc/>
    public virtual async Task InitializeAsync()
    {
        Directory.CreateDirectory(_state);
        var options = new ModalEmulatorOptions
        {
            StateDirectory = _state,
            Accept = ModalEmulatorAcceptance.Gpus | ModalEmulatorAcceptance.Proxies | ModalEmulatorAcceptance.OutboundPolicies
                | ModalEmulatorAcceptance.MemorySnapshots | ModalEmulatorAcceptance.EncryptionKeys,
        };
        options.Proxies.Add("static");
        options.Secrets["warehouse-credentials"] = new Dictionary<string, string> { ["WAREHOUSE_PASSWORD"] = "s3cret-value", ["WAREHOUSE_USER"] = "reader" };
        Configure(options);
        Emulator = await ModalEmulator.StartAsync(options);
    }

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        await Emulator.DisposeAsync();
        Assert.Empty(LeftMounts());
        Directory.Delete(_state, recursive: true);
    }

    /// <summary>A client of the emulator.</summary>
    /// <param name="configure">Changes its options.</param>
    /// <param name="loggers">Where it logs to; null for nowhere.</param>
    /// <param name="timeProvider">Its clock; null for the system's.</param>
    public ModalClient CreateClient(Action<ModalClientOptions>? configure = null, ILoggerFactory? loggers = null, TimeProvider? timeProvider = null) =>
        TestClient.Create(Emulator.ServerUrl, configure, loggers, timeProvider);

    /// <summary>Fails unless every sandbox and process has ended within the tests' time limit.</summary>
    public async Task AssertNothingLeftAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await Emulator.Ledger.WhenNothingIsLeftAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Left running: sandboxes [{string.Join(", ", Emulator.Ledger.LiveSandboxes)}], commands [{string.Join(", ", Emulator.Ledger.LiveProcesses)}].");
        }
    }

    /// <summary>Changes the emulator's options before it starts.</summary>
    protected virtual void Configure(ModalEmulatorOptions options)
    {
    }

    private IEnumerable<string> LeftMounts() => File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(_state, StringComparison.Ordinal));
}
