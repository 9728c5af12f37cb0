using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>Sandboxes on a directory with a root file system of its own.</summary>
[Collection(SharedIsolation.Name)]
public sealed class RootFileSystemTests(IsolationFixture fixture)
{
    [SkippableFact]
    public async Task RootFileSystem_WithBusyBoxOnly_RunsItsProgramsAndIsNotWritten()
    {
        var root = await CreateRootAsync();
        var volume = fixture.CreateVolume();
        await using var sandbox = await CreateAsync(root, new VolumeBind(volume, "/data", ReadOnly: false));

        var result = await sandbox.RunAsync(
            "ls /; id -u; stat -c %u /bin/busybox; cat /etc/hostname; echo x >/new; echo x >/data/file; rm /bin/sleep; ls /proc/1/root; [ -c /dev/null ] && echo >/dev/null && ls -d /sys/kernel");

        Assert.Equal("bin\ndata\ndev\netc\nproc\nsys\ntmp\nusr\n0\n0\nmodal\nbin\ndata\ndev\netc\nnew\nproc\nsys\ntmp\nusr\n/sys/kernel\n", result.Output);
        Assert.Equal(0, result.ExitCode);
        Assert.False(Path.Exists(Path.Join(root, "new")) || Path.Exists(Path.Join(root, "data")) || Path.Exists(Path.Join(root, "proc")));
        Assert.True(File.Exists(Path.Join(root, "bin/sleep")));
        Assert.True(File.Exists(Path.Join(volume, "file")));
    }

    [SkippableFact]
    public async Task RootFileSystem_OfTwoSandboxes_IsSharedButNotWhatTheyWrite()
    {
        var root = await CreateRootAsync();
        await using var first = await CreateAsync(root);
        await using var second = await CreateAsync(root);

        await first.RunAsync("echo x >/file");

        Assert.NotEqual(0, (await second.RunAsync("cat /file")).ExitCode);
    }

    [SkippableFact]
    public async Task RootFileSystem_WithoutTheProgram_ExitsWith127()
    {
        await using var sandbox = await CreateAsync(await CreateRootAsync());

        var result = await sandbox.RunAsync(new ProcessSpec { Arguments = ["python3"], Environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = "/lib" } });

        Assert.Equal(127, result.ExitCode);
        Assert.Contains("python3", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task RootFileSystem_WithHostileLinks_CannotLeadMountsAstray()
    {
        var root = await CreateRootAsync();
        var volume = fixture.CreateVolume();
        await File.WriteAllTextAsync(Path.Join(volume, "file"), "volume\n");
        var outside = fixture.CreateVolume();
        foreach (var (name, target) in new[] { ("proc", outside), ("sys", "/"), ("dev", "../../../../../../" + outside), ("data", outside), ("up", "../../../../.." + outside), ("tmp", outside) })
        {
            File.CreateSymbolicLink(Path.Join(root, name), target);
        }

        await using var sandbox = await CreateAsync(root, new VolumeBind(volume, "/data/volume", ReadOnly: false), new VolumeBind(volume, "/up/volume", ReadOnly: false));
        var result = await sandbox.RunAsync("cat /data/volume/file /up/volume/file; [ -d /proc/1 ] && [ -c /dev/null ] && echo x >/tmp/file && echo fine");

        Assert.Equal(new CommandResult(0, "volume\nvolume\nfine\n", ""), result);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    private async Task<string> CreateRootAsync()
    {
        Skip.If(BusyBoxRoot.Program is null, "busybox is not installed (Debian: busybox-static).");
        var root = fixture.CreateVolume();
        await BusyBoxRoot.CreateAsync(root);
        return root;
    }

    private Task<IsolatedSandbox> CreateAsync(string root, params VolumeBind[] volumes) =>
        fixture.Host.CreateAsync(
            new SandboxSpec { Id = $"root-{Guid.NewGuid():N}", RootFileSystem = root, BlockNetwork = true, Volumes = volumes }, TestTimeout.Token);
}
