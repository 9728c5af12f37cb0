using ModalAI.Emulator;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>Sandboxes with nothing but BusyBox, as users of small images have them.</summary>
public sealed class BusyBoxTests : IAsyncLifetime
{
    private const string Tag = "busybox:test";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("modalai-busybox-");
    private ModalEmulator? _emulator;
    private ModalClient? _client;

    public async Task InitializeAsync()
    {
        if (BusyBoxRoot.Program is null)
        {
            return;
        }

        await BusyBoxRoot.CreateAsync(_root.FullName);
        _root.CreateSubdirectory("etc");
        var options = new ModalEmulatorOptions();
        options.Images[Tag] = _root.FullName;
        _emulator = await ModalEmulator.StartAsync(options);
        _client = TestClient.Create(_emulator.ServerUrl);
    }

    public async Task DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_emulator is not null)
        {
            await _emulator.DisposeAsync();
        }

        _root.Delete(recursive: true);
    }

    [SkippableTheory]
    [InlineData("sleep 601")]
    [InlineData("setsid sleep 601 & sleep 601")]
    public async Task Execute_Cancelled_KillsTheCommandAndItsChildren(string commandLine)
    {
        var sandbox = await CreateAsync();
        using var cancellation = new CancellationTokenSource();
        var running = sandbox.ExecuteAsync($"echo up > /tmp/up; {commandLine}", cancellation.Token);
        while (await CountSleepersAsync(sandbox) == 0)
        {
        }

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        while (await CountSleepersAsync(sandbox) > 0)
        {
        }

        await sandbox.TerminateAsync(TestTimeout.Token);
    }

    [SkippableFact]
    public async Task Processes_OfThisImage_AreListedReadAndKilled()
    {
        var sandbox = await CreateAsync();
        var process = await sandbox.Processes.StartAsync("trap '' TERM; env -i setsid sleep 601 & (setsid sleep 601 &) ; echo up; sleep 601", TestTimeout.Token);
        while ((await process.ReadOutputAsync(cancellationToken: TestTimeout.Token)).GetText() != "up\n" || await CountSleepersAsync(sandbox) < 3)
        {
        }

        Assert.Equal(process.Id, Assert.Single(await sandbox.Processes.ListAsync(TestTimeout.Token)).Id);
        Assert.True(await process.KillAsync(TimeSpan.FromSeconds(0.3), TestTimeout.Token));

        Assert.Equal(0, await CountSleepersAsync(sandbox));
        Assert.Equal(137, Assert.Single(await sandbox.Processes.ListAsync(TestTimeout.Token)).ExitCode);
        await sandbox.TerminateAsync(TestTimeout.Token);
    }

    [SkippableFact]
    public async Task Sandbox_OfThisImage_HasItsFilesAndNotTheComputers()
    {
        var sandbox = await CreateAsync();

        await sandbox.Files.WriteAllTextAsync("/data/file", "x", TestTimeout.Token);
        var names = (await sandbox.Files.ListAsync("/", TestTimeout.Token)).Select(entry => entry.Name).ToList();

        Assert.Contains("data", names);
        Assert.DoesNotContain("var", names);
        Assert.Equal("x", (await sandbox.ExecuteAsync("cat /data/file", TestTimeout.Token)).StandardOutput);
        Assert.False(Directory.Exists(Path.Combine(_root.FullName, "data")));
        await sandbox.TerminateAsync(TestTimeout.Token);
    }

    private static async Task<int> CountSleepersAsync(ModalSandbox sandbox)
    {
        var result = await sandbox.ExecuteAsync("grep -lszF 601 /proc/[0-9]*/cmdline | while read f; do cat $f; echo; done | grep -c '^sleep'", TestTimeout.Token);
        return int.Parse(result.StandardOutput.Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<ModalSandbox> CreateAsync()
    {
        Skip.If(_client is null, "BusyBox is not installed (Debian: busybox-static).");
        return await _client.Sandboxes.CreateAsync(new() { Image = ModalImage.FromRegistry(Tag) }, TestTimeout.Token);
    }
}
