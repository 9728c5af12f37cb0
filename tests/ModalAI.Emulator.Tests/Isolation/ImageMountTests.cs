using ModalAI.Emulator.FileSystem;
using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>Images that are mounted into running sandboxes, in each way of isolating that this computer can do.</summary>
public sealed class ImageMountTests(LayerFixture fixture) : IClassFixture<LayerFixture>
{
    public static TheoryData<string> Cases => [.. Tiers.Possible];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Mount_CopyOfADirectory_ShowsItAsItWasAndTakesWrites(string tier)
    {
        const string Look = "cd $1; ls -A; cat file; stat -c '%a %u %g' . file sub; readlink link; cat sub/deep; stat -c %s sparse";
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);
        await RunAsync(sandbox, "mkdir -p /d/sub; cd /d; echo text >file; chmod 640 file; chmod 711 /d; ln -s file link; echo deep >sub/deep; truncate -s 1M sparse; echo h >.hidden");
        var layer = await CopyAsync(host, sandbox, "/d");
        await RunAsync(sandbox, "mkdir /one /two");

        await sandbox.MountImageAsync("/one", ContentOf(layer), TestTimeout.Token);
        await sandbox.MountImageAsync("/two", ContentOf(layer), TestTimeout.Token);

        var expected = await RunAsync(sandbox, $"set -- /d; {Look}");
        Assert.Equal(expected, await RunAsync(sandbox, $"set -- /one; {Look}"));
        Assert.Equal("changed\nnew\n", await RunAsync(sandbox, "cd /one; echo changed >file; rm sub/deep; echo new >new; chown 0:0 file; cat file new"));
        Assert.Equal(expected, await RunAsync(sandbox, $"set -- /two; {Look}"));
        await sandbox.UnmountImageAsync("/one", TestTimeout.Token);
        Assert.Equal("", await RunAsync(sandbox, "ls -A /one"));
        layer.Release();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Mount_WholeImage_HasTheComputersProgramsAndWhatWasWritten(string tier)
    {
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);
        await RunAsync(sandbox, "mkdir /image /usr/share/made; echo written >/usr/share/made/file; echo top >/top");
        var layer = await sandbox.CopyLayerAsync(TestTimeout.Token);

        await sandbox.MountImageAsync("/image", ContentOf(layer), TestTimeout.Token);

        Assert.Equal("written\ntop\nran\n", await RunAsync(sandbox, "cat /image/usr/share/made/file /image/top; chroot /image sh -c 'echo ran'"));
        Assert.Equal("", await RunAsync(sandbox, "ls /image/proc /image/dev/null 2>/dev/null"));
        layer.Release();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Mount_PathWithALinkOutOfTheSandbox_StaysInside(string tier)
    {
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);
        var outside = fixture.CreateDirectory();
        await RunAsync(sandbox, $"ln -s {outside} /absolute; ln -s ../../../../../..{outside} /upwards; ln -s /proc/1/root /magic; mkdir -p /inside");

        foreach (var path in (string[])["/absolute", "/upwards", "/magic", "/proc/self/root/inside"])
        {
            var exception = await Assert.ThrowsAsync<MountException>(() => sandbox.MountImageAsync(path, null, TestTimeout.Token));
            Assert.Equal(MountFailure.Path, exception.Failure);
        }

        Assert.DoesNotContain(outside, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Mount_RootOrMissingDirectory_IsRefused(string tier)
    {
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);

        foreach (var path in (string[])["/", "/usr/..", "/no/such", "/etc/passwd"])
        {
            var exception = await Assert.ThrowsAsync<MountException>(() => sandbox.MountImageAsync(path, null, TestTimeout.Token));
            Assert.Equal(MountFailure.Path, exception.Failure);
            Assert.Contains($"'{path}'", exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Unmount_WhileAProcessIsInThere_TakesItAwayAllTheSame(string tier)
    {
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);
        await RunAsync(sandbox, "mkdir /mnt/x; touch /mnt/x/below");
        await sandbox.MountImageAsync("/mnt/x", null, TestTimeout.Token);
        await using var process = sandbox.Start(new ProcessSpec { Arguments = ["sleep", "1000"], WorkingDirectory = "/mnt/x", Environment = new Dictionary<string, string>() });

        await sandbox.UnmountImageAsync("/mnt/x", TestTimeout.Token);

        Assert.Equal("below\n", await RunAsync(sandbox, "ls /mnt/x"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Unmount_WhatTheSandboxTookAwayOrCovered_LeavesTheSandboxsOwnMounts(string tier)
    {
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);
        await RunAsync(sandbox, "mkdir /mnt/x /mnt/y");
        await sandbox.MountImageAsync("/mnt/x", null, TestTimeout.Token);
        await sandbox.MountImageAsync("/mnt/y", null, TestTimeout.Token);
        await RunAsync(sandbox, "umount /mnt/x; mount -t tmpfs own /mnt/y; touch /mnt/y/own");

        foreach (var path in (string[])["/mnt/x", "/mnt/y"])
        {
            var exception = await Assert.ThrowsAsync<MountException>(() => sandbox.UnmountImageAsync(path, TestTimeout.Token));
            Assert.Equal(MountFailure.NotMounted, exception.Failure);
        }

        Assert.Equal("own\n", await RunAsync(sandbox, "ls /mnt/y"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task End_WithMounts_LeavesNoFileAndNoMount(string tier)
    {
        var host = await fixture.StartAsync(tier);
        var sandbox = await CreateAsync(host);
        await RunAsync(sandbox, "mkdir /d /mnt/x; echo x >/d/file");
        var layer = await CopyAsync(host, sandbox, "/d");
        await sandbox.MountImageAsync("/mnt/x", ContentOf(layer), TestTimeout.Token);
        await RunAsync(sandbox, "echo y >/mnt/x/more");
        layer.Release();

        // The mount still holds it.
        Assert.True(Directory.Exists(layer.Path));
        await sandbox.DisposeAsync();

        Assert.False(layer.TryHold());
        Assert.False(Directory.Exists(Path.Join(fixture.StateOf(host), "isolation", "boxes", sandbox.Id)));
        await Assert.ThrowsAsync<MountException>(() => sandbox.MountImageAsync("/mnt/x", null, TestTimeout.Token));
        Assert.DoesNotContain(fixture.StateOf(host), await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Copy_OfADirectory_LeavesOutWhatIsMountedBelow(string tier)
    {
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);
        await RunAsync(sandbox, "mkdir -p /d/mounted; echo file >/d/file");
        await sandbox.MountImageAsync("/d/mounted", null, TestTimeout.Token);
        await RunAsync(sandbox, "echo hidden >/d/mounted/inside");
        var layer = await CopyAsync(host, sandbox, "/d");
        await RunAsync(sandbox, "mkdir /copy");
        await sandbox.MountImageAsync("/copy", ContentOf(layer), TestTimeout.Token);

        Assert.Equal("/copy\n/copy/file\n/copy/mounted\n", await RunAsync(sandbox, "find /copy | sort"));
        layer.Release();
    }

    private static ImageContent ContentOf(SandboxLayer layer) => new(layer.RootFileSystem, [layer]);

    private static Task<IsolatedSandbox> CreateAsync(SandboxHost host) => host.CreateAsync(new SandboxSpec { Id = $"m{Guid.NewGuid():N}" }, TestTimeout.Token);

    private static async Task<SandboxLayer> CopyAsync(SandboxHost host, IsolatedSandbox sandbox, string path)
    {
        using var tools = new FileSystemTools($"/proc/{sandbox.InitProcessId}/root", sandbox.RootOwner);
        using var directory = tools.OpenDirectory(path);
        return await sandbox.CopyDirectoryAsync(directory, TestTimeout.Token);
    }

    private static async Task<string> RunAsync(IsolatedSandbox sandbox, string script)
    {
        var result = await sandbox.RunAsync(script);
        Assert.Equal("", result.Error);
        return result.Output;
    }
}
