using ModalAI.Emulator;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Resources;

public sealed class VolumeTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Get_WithAVersion_CreatesAndChecksIt()
    {
        var made = await Client.Volumes.GetAsync("second", createIfMissing: true, version: ModalVolumeVersion.V2, cancellationToken: TestTimeout.Token);
        var found = await Client.Volumes.GetAsync("second", cancellationToken: TestTimeout.Token);
        var plain = await Client.Volumes.GetAsync("plain", createIfMissing: true, cancellationToken: TestTimeout.Token);
        var other = await Assert.ThrowsAsync<ModalException>(
            () => Client.Volumes.GetAsync("second", version: ModalVolumeVersion.V1, cancellationToken: TestTimeout.Token));

        Assert.Equal(made, found);
        Assert.Equal((ModalVolumeVersion.V2, ModalVolumeVersion.V1), (made.Version, plain.Version));
        Assert.Equal(ModalErrorCode.InvalidArgument, other.Code);
        Assert.Contains("'second'", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithAVolumeOfAnotherVersion_IsInvalid()
    {
        await Client.Volumes.GetAsync("first", createIfMissing: true, cancellationToken: TestTimeout.Token);
        var mounts = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "first", Version = ModalVolumeVersion.V2 } };

        var exception = await Assert.ThrowsAsync<ModalException>(() => CreateSandboxAsync(options => options with { Volumes = mounts }));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
    }

    [Fact]
    public async Task Mount_OfAVolumeById_IsThatVolume()
    {
        var volume = await Client.Volumes.GetAsync("by-id", createIfMissing: true, cancellationToken: TestTimeout.Token);
        var byName = new Dictionary<string, ModalVolumeMount> { ["/data"] = "by-id" };
        var byId = new Dictionary<string, ModalVolumeMount> { ["/data"] = volume };
        await using (var writer = await CreateSandboxAsync(options => options with { Volumes = byName }))
        {
            (await writer.Sandbox.ExecuteAsync("echo kept > /data/file", TestTimeout.Token)).EnsureSuccess();
        }

        await using var reader = await CreateSandboxAsync(options => options with { Volumes = byId });

        Assert.Equal("kept\n", (await reader.Sandbox.ExecuteAsync("cat /data/file", TestTimeout.Token)).StandardOutput);
    }

    [Theory]
    [InlineData("im-x", "", false, "vo-")]
    [InlineData("vo-x", "name", false, "Name")]
    [InlineData("vo-x", "", true, "CreateIfMissing")]
    public async Task Mount_ThatIsInTwoWays_IsInvalid(string id, string name, bool create, string problem)
    {
        var mounts = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Id = id, Name = name, CreateIfMissing = create } };

        var exception = await Assert.ThrowsAsync<ModalException>(() => CreateSandboxAsync(options => options with { Volumes = mounts }));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_OfAMissingVolume_IsNotFoundUnlessAllowed()
    {
        var exception = await Assert.ThrowsAsync<ModalException>(() => Client.Volumes.DeleteAsync("never-was", cancellationToken: TestTimeout.Token));
        await Client.Volumes.DeleteAsync("never-was", allowMissing: true, cancellationToken: TestTimeout.Token);

        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("T4")]
    public async Task Reload_ShowsWhatAnotherSandboxWrote(string? gpu)
    {
        var mounts = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "reloaded", CreateIfMissing = true } };
        await using var writer = await CreateSandboxAsync(options => options with { Volumes = mounts, Gpu = gpu });
        await using var reader = await CreateSandboxAsync(options => options with { Volumes = mounts, Gpu = gpu });
        await writer.Sandbox.Files.WriteAllTextAsync("/data/file", "new", TestTimeout.Token);

        await reader.Sandbox.ReloadVolumesAsync(cancellationToken: TestTimeout.Token);

        Assert.Equal("new", await reader.Sandbox.Files.ReadAllTextAsync("/data/file", cancellationToken: TestTimeout.Token));
        Assert.Contains("TaskReloadVolumes", Fixture.Emulator.Ledger.RpcCounts.Keys);
    }

    [Fact]
    public async Task Reload_OfAnEndedOrDetachedSandbox_SaysSo()
    {
        var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.ReloadVolumesAsync(TimeSpan.FromSeconds(30), TestTimeout.Token);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => lifetime.Sandbox.ReloadVolumesAsync(TimeSpan.Zero, TestTimeout.Token));
        await lifetime.DisposeAsync();
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        var exception = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.ReloadVolumesAsync(cancellationToken: TestTimeout.Token));
        await lifetime.Sandbox.DisposeAsync();

        Assert.Equal(ModalErrorCode.SandboxEnded, exception.Code);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => lifetime.Sandbox.ReloadVolumesAsync(cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Ephemeral_MountedInTwoSandboxes_HandsFilesOver()
    {
        await using var volume = await Client.Volumes.CreateEphemeralAsync(cancellationToken: TestTimeout.Token);
        var mounts = new Dictionary<string, ModalVolumeMount> { ["/data"] = volume };
        await using (var writer = await CreateSandboxAsync(options => options with { Volumes = mounts }))
        {
            (await writer.Sandbox.ExecuteAsync("echo handed over > /data/file", TestTimeout.Token)).EnsureSuccess();
        }

        await using var reader = await CreateSandboxAsync(options => options with { Volumes = mounts });

        Assert.Equal("handed over\n", (await reader.Sandbox.ExecuteAsync("cat /data/file", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Ephemeral_KeptByItsHeartbeats_GoesWhenTheyEnd()
    {
        var time = new ManualTimeProvider();
        await using var emulator = await ModalEmulator.StartAsync(new ModalEmulatorOptions { TimeProvider = time, TokenLifetime = TimeSpan.FromDays(1) }, TestTimeout.Token);
        await using var client = ClientOf(emulator, time);
        var volume = await client.Volumes.CreateEphemeralAsync(cancellationToken: TestTimeout.Token);

        // Far longer than it would live without: each beat is waited for before the clock moves on.
        for (var beats = 1; beats <= 6; beats++)
        {
            await WhenBeatAsync(emulator, time, beats);
            time.Advance(TimeSpan.FromMinutes(5));
        }

        await WhenBeatAsync(emulator, time, 7);
        Assert.False(volume.IsLost);
        await volume.DisposeAsync();
        await volume.DisposeAsync();
        time.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal(7, emulator.Ledger.RpcCounts["VolumeHeartbeat"]);
        var mounts = new Dictionary<string, ModalVolumeMount> { ["/data"] = volume };
        var exception = await Assert.ThrowsAsync<ModalException>(
            () => client.Sandboxes.CreateAsync(new() { AppName = "tests", Volumes = mounts, Timeout = TimeSpan.FromHours(24) }, TestTimeout.Token));
        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
    }

    [Fact]
    public async Task Ephemeral_ThatModalHasLost_SaysSoAndBeatsNoMore()
    {
        var time = new ManualTimeProvider();
        await using var emulator = await ModalEmulator.StartAsync(new ModalEmulatorOptions { TimeProvider = time, TokenLifetime = TimeSpan.FromDays(1) }, TestTimeout.Token);
        await using var client = ClientOf(emulator, time);
        await using var volume = await client.Volumes.CreateEphemeralAsync(cancellationToken: TestTimeout.Token);
        await WhenBeatAsync(emulator, time, 1);

        time.Advance(TimeSpan.FromHours(1));
        await WhenAsync(() => volume.IsLost);
        time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(2, emulator.Ledger.RpcCounts["VolumeHeartbeat"]);
    }

    [Fact]
    public async Task Ephemeral_OfAClientThatIsDisposedOf_BeatsNoMore()
    {
        var client = Fixture.CreateClient();
        var volume = await client.Volumes.CreateEphemeralAsync(cancellationToken: TestTimeout.Token);

        await client.DisposeAsync();

        await volume.DisposeAsync().AsTask().WaitAsync(TestTimeout.Token);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Volumes.CreateEphemeralAsync(cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Ephemeral_OnAServerThatGoesAway_TriesAgainAndEndsAtOnce()
    {
        var time = new ManualTimeProvider();
        var emulator = await ModalEmulator.StartAsync(new ModalEmulatorOptions { TokenLifetime = TimeSpan.FromDays(1) }, TestTimeout.Token);
        await using var client = ClientOf(emulator, time);
        var volume = await client.Volumes.CreateEphemeralAsync(cancellationToken: TestTimeout.Token);
        await WhenBeatAsync(emulator, time, 1);
        await emulator.DisposeAsync();

        time.Advance(TimeSpan.FromMinutes(5));

        await volume.DisposeAsync().AsTask().WaitAsync(TestTimeout.Token);
        Assert.False(volume.IsLost);
    }

    private static ModalClient ClientOf(ModalEmulator emulator, TimeProvider time) => TestClient.Create(emulator.ServerUrl, timeProvider: time);

    /// <summary>A heartbeat counts when its reply is there and the next one waits for the clock.</summary>
    private static Task WhenBeatAsync(ModalEmulator emulator, ManualTimeProvider time, int beats) =>
        WhenAsync(() => emulator.Ledger.RpcCounts.GetValueOrDefault("VolumeHeartbeat") >= beats && time.Waiting.Contains(TimeSpan.FromMinutes(5)));

    private static async Task WhenAsync(Func<bool> condition)
    {
        var limit = TestTimeout.Token;
        while (!condition())
        {
            await Task.Delay(10, limit);
        }
    }
}
