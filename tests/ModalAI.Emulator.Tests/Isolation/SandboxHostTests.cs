using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Isolation.Native;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

[Collection(SharedIsolation.Name)]
public sealed class SandboxHostTests(IsolationFixture fixture)
{
    [Fact]
    public async Task CreateAsync_Of16AtOnce_MakesThemAll()
    {
        var sandboxes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => fixture.CreateAsync(blockNetwork: i % 2 == 0)));

        var results = await Task.WhenAll(sandboxes.Select(static sandbox => sandbox.RunAsync("echo $1 >/file; cat /file", sandbox.Id)));

        Assert.Equal(sandboxes.Select(static sandbox => new CommandResult(0, sandbox.Id + "\n", "")), results);
        foreach (var sandbox in sandboxes)
        {
            await sandbox.DisposeAsync();
        }
    }

    [Fact]
    public async Task CreateAsync_WithAnIdInUse_IsRefusedUntilTheOtherHasEnded()
    {
        var spec = new SandboxSpec { Id = "twice" };
        var first = await fixture.Host.CreateAsync(spec, TestTimeout.Token);

        var exception = await Assert.ThrowsAsync<ArgumentException>(() => fixture.Host.CreateAsync(spec, TestTimeout.Token));
        Assert.Contains("'twice'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await first.RunAsync("true")).ExitCode);
        await first.DisposeAsync();

        await using var second = await fixture.Host.CreateAsync(spec, TestTimeout.Token);
        Assert.Equal(0, (await second.RunAsync("true")).ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    public async Task CreateAsync_WithAnIdThatIsNoName_IsRefused(string id)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Host.CreateAsync(new SandboxSpec { Id = id }, TestTimeout.Token));
    }

    [Fact]
    public async Task CreateAsync_Cancelled_LeavesNothing()
    {
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(5));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Host.CreateAsync(new SandboxSpec { Id = "cancelled" }, cancelled.Token));

        Assert.False(fixture.HasFilesOf("cancelled"));
    }

    [Fact]
    public async Task DisposeAsync_WithLiveSandboxes_LeavesNoProcessOrFile()
    {
        var state = Directory.CreateTempSubdirectory("modalai-tests-");
        var host = await SandboxHost.StartAsync(state.FullName, NullLoggerFactory.Instance, TestTimeout.Token);
        var sandboxes = await Task.WhenAll(
            host.CreateAsync(new SandboxSpec { Id = "one" }, TestTimeout.Token), host.CreateAsync(new SandboxSpec { Id = "two" }, TestTimeout.Token));
        var namespaces = sandboxes.Select(static sandbox => new PidNamespace(sandbox.InitProcessId)).ToList();
        var late = host.CreateAsync(new SandboxSpec { Id = "late" }, TestTimeout.Token);

        await host.DisposeAsync();
        await host.DisposeAsync();

        Assert.NotNull(await Record.ExceptionAsync(() => late));
        foreach (var pidNamespace in namespaces)
        {
            using (pidNamespace)
            {
                Assert.Empty(pidNamespace.FindProcesses());
            }
        }

        Assert.Empty(state.EnumerateFileSystemInfos());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.CreateAsync(new SandboxSpec { Id = "three" }, TestTimeout.Token));
        state.Delete();
    }

    [Fact]
    public async Task StartAsync_InADirectoryInUse_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => SandboxHost.StartAsync(fixture.StateDirectory, NullLoggerFactory.Instance, TestTimeout.Token));

        Assert.Contains(fixture.StateDirectory, exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await fixture.Sandbox.RunAsync("true")).ExitCode);
    }

    [Fact]
    public async Task StartAsync_WhereTheKernelRefusesNamespaces_SaysWhatToChange()
    {
        var state = Directory.CreateTempSubdirectory("modalai-tests-");

        // In a user namespace that may have no further ones, and whose root has no other ids to give.
        using var child = ChildHost.Start(
            ["unshare", "-U", "-r", "sh", "-c", "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$@\"", "sh"], state.FullName, "echo ready");
        var output = await child.StandardOutput.ReadToEndAsync(TestTimeout.Token);
        await child.WaitForExitAsync(TestTimeout.Token);

        Assert.Equal(3, child.ExitCode);
        Assert.Contains("Tried PlainRoot: ", output, StringComparison.Ordinal);
        Assert.Contains("Tried User: unshare: unshare failed: No space left on device", output, StringComparison.Ordinal);
        Assert.Contains("sysctl -w user.max_user_namespaces=65536", output, StringComparison.Ordinal);
        Assert.Empty(state.EnumerateFileSystemInfos());
        state.Delete();
    }

    [Fact]
    public async Task StartAsync_AsARootThatHasNoOtherIds_IsolatesAsAPlainUserWould()
    {
        var state = Directory.CreateTempSubdirectory("modalai-tests-");

        // As root in a container of a plain user: no id to give to the root of sandboxes but its own.
        using var child = ChildHost.Start(["unshare", "-U", "-r"], state.FullName, "id -u");
        var init = await child.StandardOutput.ReadLineAsync(TestTimeout.Token);

        Assert.True(int.TryParse(init, NumberStyles.None, CultureInfo.InvariantCulture, out var process), init);
        var end = HostProcesses.WaitForEndAsync(process);
        child.Kill();
        Assert.True(await end);
        await SandboxFiles.RemoveAsync(state.FullName, TestTimeout.Token);
    }

    [SkippableFact]
    public async Task StartAsync_WithoutIdmappedMounts_IsolatesAllTheSame()
    {
        Skip.IfNot(Libc.EffectiveUserId() == 0, "Only root can choose between two ways of isolating.");
        var state = Directory.CreateTempSubdirectory("modalai-tests-");
        var volume = state.CreateSubdirectory("volume");
        var canary = Path.Join(state.FullName, "canary");
        await File.WriteAllTextAsync(canary, "secret");
        await using (var host = await SandboxHost.StartAsync(state.FullName, [IsolationTier.PlainRoot], NullLoggerFactory.Instance, TestTimeout.Token))
        {
            await using var sandbox = await host.CreateAsync(
                new SandboxSpec { Id = "plain", BlockNetwork = true, Volumes = [new VolumeBind(volume.FullName, "/data", ReadOnly: false)] }, TestTimeout.Token);

            Assert.Equal(IsolationTier.PlainRoot, host.Tier);
            Assert.Equal((0u, 0u), sandbox.RootOwner);
            Assert.Equal(new CommandResult(0, "0\n", ""), await sandbox.RunAsync("echo x >/data/file; chmod 700 /usr/bin/env; mv /usr/bin/ls /usr/bin/ls2; stat -c %u /data/file"));
            string[] attempts =
            [
                "cat \"$1\"", "cat \"/proc/1/root$1\"", "cat /proc/sys/kernel/core_pattern | tee /proc/sys/kernel/core_pattern >/dev/null", "mount -o remount,rw /sys",
                "umount /proc/sys", "mknod /tmp/disk b 254 0 && cat /tmp/disk", "hostname x", "ip link set lo down", "echo h >/proc/sysrq-trigger",
            ];
            foreach (var attempt in attempts)
            {
                var result = await sandbox.RunAsync(attempt, canary);
                Assert.True(result is { Output: "", Error.Length: > 0 }, attempt);
            }
        }

        File.Delete(canary);
        volume.Delete(recursive: true);
        state.Delete();
    }
}
