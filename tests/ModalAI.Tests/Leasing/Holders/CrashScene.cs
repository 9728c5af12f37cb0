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
    private ModalClient? _client;
    private Bystanders? _bystanders;
    private int _crashes;

    private CrashScene(ModalSandboxMode mode, ITestOutputHelper output)
    {
        _mode = mode;
        _output = output;
    }

    private ModalEmulatorLedger Ledger => _fixture.Emulator.Ledger;

    private IEnumerable<ModalEmulatorSandbox> Live => Ledger.Sandboxes.Where(static sandbox => sandbox.EndedAt is null);

    public static async Task<CrashScene> OpenAsync(ModalSandboxMode mode, ITestOutputHelper output)
    {
        var scene = new CrashScene(mode, output);
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
    /// <param name="rule">What goes wrong while it lives; null for nothing.</param>
    /// <param name="live">Returns when it is to be killed.</param>
    public async Task CrashAsync(string where, ModalEmulatorFaultRule? rule, Func<LeaseHolderProcess, ModalEmulatorFault?, Task> live)
    {
        var key = _mode == ModalSandboxMode.ReuseExisting ? $"key-{_crashes++}" : null;
        var known = Ledger.Sandboxes.Count;
        string? handedOut;
        using (var fault = rule is null ? null : _fixture.Emulator.Faults.Add(rule))
        {
            await using var killed = Start(key, TimeSpan.Zero);
            await live(killed, fault);
            await killed.KillAsync();
            handedOut = killed.Told("acquired").SingleOrDefault();
        }

        await using var restarted = Start(key, Later);
        await restarted.WhenDoneAsync();
        var found = restarted.Told("acquired").Single();
        await WhenLiveAsync([.. _bystanders!.Ids, .. key is null ? Array.Empty<string>() : [found]], where);

        var made = Ledger.Sandboxes.Skip(known).ToList();
        _output.WriteLine($"{where}: {(handedOut is null ? "had none" : "had one")}, {made.Count} made");
        Assert.InRange(made.Count, 1, 2);
        if (key is not null)
        {
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
            ["Command"] = "cat /srv/initial /srv/made",
            ["Sandbox:AppName"] = AppName,
            ["Sandbox:Owner"] = Owner,
            ["Sandbox:LeaseDuration"] = "00:01:00",
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
    private async Task WhenLiveAsync(HashSet<string> expected, string where)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!expected.SetEquals(Live.Select(static sandbox => sandbox.Id)))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20),
                $"{where}: expected [{string.Join(", ", expected)}], there are [{string.Join(", ", Live.Select(static sandbox => sandbox.Id))}]");
            await Task.Delay(20);
        }
    }
}
