using System.Globalization;
using ModalAI.TestSupport;
using Xunit.Abstractions;

namespace ModalAI.Tests.Leasing.Holders;

/// <summary>An emulator of its own, whose RPCs may all be made to fail, on which holders are killed and started again.</summary>
internal sealed class CrashScene : IAsyncDisposable
{
    private const string AppName = "crashes";
    private const string Owner = "crash-tests";

    /// <summary>After the lease of a sandbox has run out, and the time for its creation and setup.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(30);

    private readonly EmulatorFixture _fixture = new();
    private readonly ModalSandboxMode _mode;
    private readonly ITestOutputHelper _output;
    private readonly int _poolSize;
    private ModalClient? _client;
    private Bystanders? _bystanders;
    private int _crashes;

    private CrashScene(ModalSandboxMode mode, ITestOutputHelper output, int poolSize)
    {
        _mode = mode;
        _output = output;
        _poolSize = poolSize;
    }

    public ModalEmulatorLedger Ledger => _fixture.Emulator.Ledger;

    public ModalEmulatorFaults Faults => _fixture.Emulator.Faults;

    public static async Task<CrashScene> OpenAsync(ModalSandboxMode mode, ITestOutputHelper output, int poolSize = 0)
    {
        var scene = new CrashScene(mode, output, poolSize);
        await scene._fixture.InitializeAsync();
        try
        {
            scene._client = scene._fixture.CreateClient();
            scene._bystanders = await Bystanders.CreateAsync(scene._client, AppName, Owner);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a holder live for a while, kills it, and starts another much later. Then nothing may be left but what is to be there, and nothing of it may be there twice.</summary>
    /// <param name="where">Where it is killed, for the reader.</param>
    /// <param name="rule">What goes wrong while it lives.</param>
    /// <param name="live">Returns when it is to be killed.</param>
    public async Task CrashAsync(string where, ModalEmulatorFaultRule rule, Func<LeaseHolderProcess, ModalEmulatorFault, Task> live)
    {
        var key = _mode == ModalSandboxMode.ReuseExisting ? $"key-{_crashes++}" : null;
        var known = Ledger.Sandboxes.Count;
        string? handedOut;
        using (var fault = Faults.Add(rule))
        {
            await using var killed = Start(key, TimeSpan.Zero);
            await live(killed, fault);
            await killed.KillAsync();
            handedOut = killed.Told("acquired").SingleOrDefault();
        }

        // A creation that was under way goes on without its caller.
        await WhenAsync(() => Ledger is { RunningRpcs: 0, RunningCreates: 0 }, () => $"{where}: a creation does not end");

        await using var restarted = Start(key, Later);
        await restarted.WhenDoneAsync();
        var found = restarted.Told("acquired").Single();
        await WhenLiveAsync([.. _bystanders!.Ids, .. key is null ? Array.Empty<string>() : [found]], where);

        var made = Ledger.Sandboxes.Skip(known).ToList();
        _output.WriteLine($"{where}: {(handedOut is null ? "had none" : "had one")}, {made.Count} made");
        if (key is not null)
        {
            Assert.InRange(made.Count, 1, 2);

            // What was handed out is there to stay; another one is made only in the place of one that was not ready.
            Assert.Equal(handedOut ?? found, found);
            Assert.Equal(found, made[^1].Id);
            await _client!.Sandboxes.Get(found).TerminateAsync(TestTimeout.Token);
            await WhenLiveAsync([.. _bystanders.Ids], where);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_bystanders?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _fixture.DisposeAsync();
    }

    private LeaseHolderProcess Start(string? key, TimeSpan offset)
    {
        var settings = new Dictionary<string, string>
        {
            ["Offset"] = offset.ToString(),
            ["UntilSwept"] = "true",
            ["Command"] = "cat /srv/initial /srv/made",
            ["Sandbox:AppName"] = AppName,
            ["Sandbox:Owner"] = Owner,
            ["Sandbox:LeaseDuration"] = "00:01:00",
            ["Sandbox:PoolSize"] = _poolSize.ToString(CultureInfo.InvariantCulture),
            ["Sandbox:Timeout"] = "01:00:00",
            ["Sandbox:InitialFiles:/srv/initial"] = "initial",
            ["Sandbox:SetupCommands:0"] = "cp /srv/initial /srv/made",
        };
        if (key is not null)
        {
            settings["Key"] = key;
            settings["Sandbox:Mode"] = nameof(ModalSandboxMode.ReuseExisting);
            settings["Sandbox:Name"] = "crashes";
        }

        return LeaseHolderProcess.Start("acquire-run-release", _fixture.Emulator.ServerUrl, settings);
    }

    /// <summary>Waits until these sandboxes run and no others.</summary>
    private Task WhenLiveAsync(HashSet<string> expected, string where) => WhenAsync(
        () => expected.SetEquals(Ledger.LiveSandboxes),
        () => $"{where}: expected [{string.Join(", ", expected)}], there are [{string.Join(", ", Ledger.LiveSandboxes)}]");

    private static async Task WhenAsync(Func<bool> isSo, Func<string> problem)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), problem());
            await Task.Delay(20);
        }
    }
}
