using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>What the sandbox's root user must not be able to do.</summary>
[Collection(SharedIsolation.Name)]
public sealed class SandboxEscapeTests(IsolationFixture fixture)
{
    [Theory]
    [InlineData("umount /proc/sys")]
    [InlineData("umount -l /proc")]
    [InlineData("umount -l /usr")]
    [InlineData("umount -l /sys")]
    [InlineData("umount -l /dev/null")]
    [InlineData("mount -o remount,rw /sys")]
    [InlineData("mount -o remount,bind,rw /sys")]
    [InlineData("mount -t sysfs sysfs /mnt && touch /mnt/kernel/uevent_helper")]
    [InlineData("mount -t devtmpfs devtmpfs /mnt")]
    [InlineData("mount -t cgroup -o memory cgroup /mnt")]
    [InlineData("mount -t securityfs securityfs /mnt")]
    [InlineData("value=$(cat /proc/sys/kernel/core_pattern); echo \"$value\" >/proc/sys/kernel/core_pattern")]
    [InlineData("value=$(cat /proc/sys/kernel/modprobe); echo \"$value\" >/proc/sys/kernel/modprobe")]
    [InlineData("echo h >/proc/sysrq-trigger")]
    [InlineData("value=$(cat /sys/kernel/profiling); echo \"$value\" >/sys/kernel/profiling")]
    [InlineData("mount -t proc proc /mnt && value=$(cat /mnt/sys/kernel/core_pattern) && echo \"$value\" >/mnt/sys/kernel/core_pattern")]
    [InlineData("unshare -Urm sh -c 'umount -l /proc/sys || mount -o remount,rw /sys'")]
    [InlineData("unshare -Urmpf sh -c 'mount -t proc proc /mnt && value=$(cat /mnt/sys/kernel/core_pattern) && echo \"$value\" >/mnt/sys/kernel/core_pattern'")]
    [InlineData("mkdir /tmp/cg && mount -t cgroup2 none /tmp/cg && echo 1 >/tmp/cg/cgroup.procs")]
    [InlineData("ip link set lo down")]
    public async Task Attempt_ByTheSandboxsRoot_Fails(string script)
    {
        await using var sandbox = await fixture.CreateAsync();

        var result = await sandbox.RunAsync(script);

        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact]
    public async Task Disk_OfThisComputer_CannotBeReadThroughANodeOrMounted()
    {
        // "... 254:0 / / rw ..." is this computer's root file system.
        var device = File.ReadLines("/proc/self/mountinfo").Select(static line => line.Split(' ')).Last(static words => words[4] == "/")[2].Split(':');

        var result = await fixture.Sandbox.RunAsync(
            "cd /tmp; mknod disk b $1 $2 && { head -c 1 disk || mount disk /mnt; } && echo REACHED; mknod memory c 1 1 && head -c 1 memory && echo REACHED", device);

        Assert.DoesNotContain("REACHED", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mounts_OfTheSandboxsRoot_StayInTheSandbox()
    {
        await using var sandbox = await fixture.CreateAsync();

        var result = await sandbox.RunAsync("mount -t tmpfs modalai-canary /mnt && echo x >/mnt/file && ls /mnt");

        Assert.Equal(new CommandResult(0, "file\n", ""), result);
        Assert.DoesNotContain("modalai-canary", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstProcess_KilledFromInside_Lives()
    {
        await using var sandbox = await fixture.CreateAsync();

        await sandbox.RunAsync("kill -KILL 1; kill -STOP 1; kill -KILL -1");

        Assert.Equal(new CommandResult(0, "alive\n", ""), await sandbox.RunAsync("echo alive"));
    }

    [Fact]
    public async Task Orphans_ThatEnd_LeaveNoZombies()
    {
        await using var sandbox = await fixture.CreateAsync();

        // The reader ends only when the last orphan has closed the pipe.
        await sandbox.RunAsync("for i in 1 2 3 4 5 6 7 8; do (sh -c 'true' &) ; done | cat");
        var result = await sandbox.RunAsync("grep -l 'State:.Z' /proc/[0-9]*/status");

        Assert.Equal("", result.Output);
    }
}
