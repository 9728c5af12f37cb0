using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Isolation.Native;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

[Collection(SharedIsolation.Name)]
public sealed class SandboxVolumeTests(IsolationFixture fixture)
{
    [Fact]
    public async Task Volume_OfTwoSandboxes_IsShared()
    {
        var volume = fixture.CreateVolume();
        await using var first = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/data", ReadOnly: false));
        await using var second = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/elsewhere/deep", ReadOnly: false));

        await first.RunAsync("echo one >/data/file; mkdir /data/directory");
        var result = await second.RunAsync("cat /elsewhere/deep/file; stat -c %u:%g /elsewhere/deep /elsewhere/deep/file /elsewhere/deep/directory; rm -r /elsewhere/deep/directory");

        Assert.Equal(new CommandResult(0, "one\n0:0\n0:0\n0:0\n", ""), result);
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(volume).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Volume_AfterTheSandbox_KeepsItsFiles()
    {
        var volume = fixture.CreateVolume();
        await using (var first = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/data", ReadOnly: false)))
        {
            await first.RunAsync("echo kept >/data/file");
        }

        await using var second = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/data", ReadOnly: false));

        Assert.Equal("kept\n", (await second.RunAsync("cat /data/file")).Output);
        Assert.Equal("kept\n", await File.ReadAllTextAsync(Path.Join(volume, "file")));
    }

    [Fact]
    public async Task Volume_FilledByTheEmulator_BelongsToTheSandboxsRoot()
    {
        var volume = fixture.CreateVolume();
        await File.WriteAllTextAsync(Path.Join(volume, "file"), "given\n");
        await using var sandbox = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/data", ReadOnly: false));

        var result = await sandbox.RunAsync("stat -c %u:%g /data/file; echo more >>/data/file; cat /data/file");

        Assert.Equal(new CommandResult(0, "0:0\ngiven\nmore\n", ""), result);
    }

    [Fact]
    public async Task Volume_WrittenThroughTheSandboxsRoot_TakesTheOwnerItIsGiven()
    {
        var volume = fixture.CreateVolume();
        await using var sandbox = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/data", ReadOnly: false));
        var (user, group) = sandbox.RootOwner;
        foreach (var path in new[] { $"/proc/{sandbox.InitProcessId}/root/data/file", $"/proc/{sandbox.InitProcessId}/root/file" })
        {
            await File.WriteAllTextAsync(path, "text\n");
            Assert.Equal(0, Libc.ChangeOwner(path, user, group));
        }

        var result = await sandbox.RunAsync("stat -c %u:%g /data/file /file && echo more >>/data/file && rm /file /data/file");

        Assert.Equal(new CommandResult(0, "0:0\n0:0\n", ""), result);
    }

    [Theory]
    [InlineData("echo x >/data/file")]
    [InlineData("rm /data/given")]
    [InlineData("touch /data/given")]
    [InlineData("mkdir /data/directory")]
    public async Task ReadOnlyVolume_Written_IsAReadOnlyFileSystem(string script)
    {
        var volume = fixture.CreateVolume();
        await File.WriteAllTextAsync(Path.Join(volume, "given"), "given");
        await using var sandbox = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/data", ReadOnly: true));

        var result = await sandbox.RunAsync(script);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Read-only file system", result.Error, StringComparison.Ordinal);
        Assert.Equal("given", (await sandbox.RunAsync("cat /data/given")).Output);
    }

    [Theory]
    [InlineData("mount -o remount,rw /data; echo x >/data/file")]
    [InlineData("mount -o remount,bind,rw /data; echo x >/data/file")]
    [InlineData("mkdir /tmp/copy; mount --bind /data /tmp/copy; mount -o remount,bind,rw /tmp/copy; echo x >/tmp/copy/file")]
    [InlineData("umount /data; umount -l /data; echo x >/data/file")]
    [InlineData("unshare -Urm sh -c 'mount -o remount,bind,rw /data; echo x >/data/file'")]
    public async Task ReadOnlyVolume_UnderTricksWithMounts_IsNotChanged(string script)
    {
        var volume = fixture.CreateVolume();
        await using var sandbox = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/data", ReadOnly: true));

        await sandbox.RunAsync(script);

        Assert.Empty(Directory.EnumerateFileSystemEntries(volume));
        Assert.Contains(" ro,", (await sandbox.RunAsync("grep ' /data ' /proc/self/mountinfo")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Volume_WithAnAwkwardName_IsMountedWhereASymbolicLinkLeads()
    {
        var volume = Path.Join(fixture.CreateVolume(), "a b,c:d\\e\"#\tf");
        Directory.CreateDirectory(volume);
        await File.WriteAllTextAsync(Path.Join(volume, "file"), "text\n");
        await using var sandbox = await fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, "/var/run/x y\\z", ReadOnly: false), new VolumeBind(volume, "/bin/volume", false));

        var result = await sandbox.RunAsync("cat '/run/x y\\z/file' /usr/bin/volume/file; readlink /var/run; stat -c %a /tmp /run /usr/bin");

        Assert.Equal(new CommandResult(0, "text\ntext\n/run\n1777\n755\n755\n", ""), result);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("data")]
    [InlineData("/../etc")]
    [InlineData("/data/../../etc")]
    [InlineData("/usr")]
    [InlineData("/proc/1")]
    [InlineData("/sys")]
    [InlineData("/dev/null")]
    public async Task Volume_AtAPlaceThatCannotBe_IsRefused(string mountPath)
    {
        var volume = fixture.CreateVolume();

        var exception = await Assert.ThrowsAsync<ArgumentException>(
            () => fixture.CreateAsync(blockNetwork: false, new VolumeBind(volume, mountPath, ReadOnly: false)));

        Assert.Contains($"'{mountPath}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Volume_ThatIsMissing_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<ArgumentException>(
            () => fixture.CreateAsync(blockNetwork: false, new VolumeBind("/no/such/volume", "/data", ReadOnly: false)));

        Assert.Contains("/no/such/volume", exception.Message, StringComparison.Ordinal);
    }
}
