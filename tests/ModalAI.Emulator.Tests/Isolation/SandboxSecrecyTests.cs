using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>What a sandbox must not see or touch of this computer.</summary>
[Collection(SharedIsolation.Name)]
public sealed class SandboxSecrecyTests(IsolationFixture fixture)
{
    public static TheoryData<string> HiddenDirectories => new(
        Path.GetTempPath(), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "/var/tmp");

    [Theory]
    [MemberData(nameof(HiddenDirectories))]
    public async Task Files_OfThisComputer_AreNotThere(string directory)
    {
        var canary = Path.Join(directory, $"canary-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(canary, "secret");
        try
        {
            var result = await fixture.Sandbox.RunAsync(
                "for root in '' /proc/1/root /proc/self/root /proc/1/cwd /proc/self/cwd /proc/1/cwd/../../../..; do cat \"$root$1\" && echo FOUND; done; "
                + "find / -xdev -name \"$(basename \"$1\")\" 2>/dev/null",
                canary);

            Assert.Equal("", result.Output);
        }
        finally
        {
            File.Delete(canary);
        }
    }

    [Fact]
    public async Task Project_OfTheseTests_IsNotThere()
    {
        var result = await fixture.Sandbox.RunAsync("ls \"$1\" \"/proc/1/root$1\"", typeof(SandboxSecrecyTests).Assembly.Location);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal("", result.Output);
    }

    [Theory]
    [InlineData("/var/lib/docker")]
    [InlineData("/run/systemd")]
    [InlineData("/run/dbus")]
    [InlineData("/var/log/dpkg.log")]
    [InlineData("/boot")]
    [InlineData("/etc/machine-id")]
    [InlineData("/etc/ssh/ssh_host_ed25519_key")]
    [InlineData("/dev/sda")]
    [InlineData("/dev/vda")]
    [InlineData("/dev/kmsg")]
    [InlineData("/dev/fuse")]
    public async Task Path_OfThisComputer_IsNotThere(string path)
    {
        var result = await fixture.Sandbox.RunAsync("ls -d \"$1\"", path);

        Assert.NotEqual(0, result.ExitCode);
    }

    [Theory]
    [InlineData("/root")]
    [InlineData("/home")]
    [InlineData("/tmp")]
    [InlineData("/var/tmp")]
    [InlineData("/mnt")]
    [InlineData("/srv")]
    public async Task Directory_OfUsers_IsEmpty(string path)
    {
        await using var sandbox = await fixture.CreateAsync();

        var result = await sandbox.RunAsync("ls -A \"$1\"", path);

        Assert.Equal(new CommandResult(0, "", ""), result);
    }

    [Fact]
    public async Task Passwords_OfThisComputer_AreNotThere()
    {
        var result = await fixture.Sandbox.RunAsync("cut -d : -f 2 /etc/shadow | sort -u");

        Assert.Equal(new CommandResult(0, "*\n", ""), result);
    }

    [Fact]
    public async Task Processes_OfThisComputer_CannotBeSeenOrSignalled()
    {
        var seconds = $"{Random.Shared.Next(100_000, 1_000_000)}.5";
        using var victim = Process.Start("sleep", seconds);
        try
        {
            var result = await fixture.Sandbox.RunAsync(
                "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'; for i in $(seq 1 2000) $1; do [ $i = $$ ] || kill -KILL $i 2>/dev/null; done; kill -KILL -1; kill -0 $1",
                victim.Id.ToString(CultureInfo.InvariantCulture));

            Assert.DoesNotContain(seconds, result.Output, StringComparison.Ordinal);
            Assert.NotEqual(0, result.ExitCode);
            Assert.False(victim.HasExited);
            Assert.Equal(0, (await fixture.Sandbox.RunAsync("true")).ExitCode);
        }
        finally
        {
            victim.Kill();
            await victim.WaitForExitAsync(TestTimeout.Token);
        }
    }

    [Fact]
    public async Task Processes_InASandbox_AreItsOwnOnly()
    {
        await using var sandbox = await fixture.CreateAsync();

        var result = await sandbox.RunAsync("for process in /proc/[0-9]*; do cat $process/comm; done");

        Assert.Equal(["sh", "sleep"], result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task FirstProcess_OfASandbox_HasNothingOfThisComputersEnvironment()
    {
        var result = await fixture.Sandbox.RunAsync("cat /proc/1/environ; ls /proc/1/fd; readlink /proc/1/cwd /proc/1/root; tr '\\0' ' ' </proc/1/cmdline");

        Assert.Equal("0\n1\n2\n/\n/\nsleep infinity ", result.Output);
    }

    [SkippableFact]
    public async Task SessionKeyring_OfTheEmulator_IsNotInherited()
    {
        Skip.IfNot(File.Exists("/usr/bin/python3"), "python3 is not installed.");
        Skip.IfNot(RuntimeInformation.ProcessArchitecture == Architecture.X64, "The test knows the calls of x64 only.");

        // keyctl(KEYCTL_READ, KEY_SPEC_SESSION_KEYRING) tells the size of its keys' ids; then adding a key there that another sandbox would find.
        var result = await fixture.Sandbox.RunAsync(
            "python3 -c 'import ctypes; c = ctypes.CDLL(None, use_errno=True); n = c.syscall(250, 11, ctypes.c_int(-3), 0, 0); "
            + "a = c.syscall(248, b\"user\", b\"canary\", b\"x\", 1, ctypes.c_int(-3)); print(n, a, ctypes.get_errno())'");

        // No keys; not permitted to write (13), or no keyrings at all (38, or 1 where they are filtered).
        Assert.Contains(result.Output, new[] { "0 -1 13\n", "-1 -1 38\n", "-1 -1 1\n" });
    }

    [Fact]
    public async Task Writes_ToUsrAndEtc_StayInTheSandbox()
    {
        await using var sandbox = await fixture.CreateAsync();
        var name = $"modalai-{Guid.NewGuid():N}";

        var result = await sandbox.RunAsync(
            "echo changed >/etc/passwd && rm /usr/bin/env && echo x >/usr/bin/$1 && echo x >/etc/$1 && echo x >/opt/$1 && mkdir /usr/share/$1 && ls /usr/bin/$1", name);

        Assert.Equal(new CommandResult(0, $"/usr/bin/{name}\n", ""), result);
        Assert.NotEqual("changed\n", await File.ReadAllTextAsync("/etc/passwd"));
        Assert.True(File.Exists("/usr/bin/env"));
        Assert.False(File.Exists($"/usr/bin/{name}") || File.Exists($"/etc/{name}") || File.Exists($"/opt/{name}") || Directory.Exists($"/usr/share/{name}"));
        Assert.NotEqual(0, (await fixture.Sandbox.RunAsync("ls /usr/bin/$1", name)).ExitCode);
    }

    [Fact]
    public async Task Names_OfASandbox_AreItsOwn()
    {
        await using var sandbox = await fixture.CreateAsync();

        var before = Environment.MachineName;

        var result = await sandbox.RunAsync("hostname; cat /etc/hostname; id -un; id -gn");
        await sandbox.RunAsync("hostname changed");

        Assert.Equal(new CommandResult(0, "modal\nmodal\nroot\nroot\n", ""), result);
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/hostname").Trim());
    }
}
