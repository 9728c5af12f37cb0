using ModalAI.Emulator.Isolation;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>What of this computer a sandbox sees that stands on its programs.</summary>
[Collection(SharedIsolation.Name)]
public sealed class SandboxRootTests(IsolationFixture fixture)
{
    [Fact]
    public async Task Root_OfThisComputersPrograms_HasNothingElseOfThisComputer()
    {
        await using var sandbox = await fixture.CreateAsync();

        var names = await ListAsync(sandbox, "ls -A /");

        string[] programs = ["bin", "sbin", "lib", "lib64", "lib32", "libx32"];
        Assert.Equal(
            programs.Where(static name => Path.Exists($"/{name}"))
                .Concat(["dev", "etc", "home", "media", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp", "usr", "var"])
                .Order(StringComparer.Ordinal),
            names.Order(StringComparer.Ordinal));
        Assert.Empty(await ListAsync(sandbox, "find /home /root /tmp /srv /mnt /media -mindepth 1"));
        Assert.Equal(["/run/lock"], await ListAsync(sandbox, "find /run -mindepth 1"));
        Assert.Equal(
            ["cache/apt/archives/partial", "lib/apt/lists/partial", "lib/dpkg", "lock", "log/apt", "mail", "run", "spool", "tmp"],
            await ListAsync(sandbox, "cd /var && find . -path ./lib/dpkg -prune -print -o ! -type d -print -o -empty -print | sed 's,^./,,' | LC_ALL=C sort"));
    }

    [Fact]
    public async Task Root_OfThisComputersPrograms_HidesItsFolders()
    {
        await using var sandbox = await fixture.CreateAsync();

        // The tests themselves, the folder of the emulator, its user's home, and what services keep.
        var hidden = new[] { AppContext.BaseDirectory, fixture.StateDirectory, "/var/lib/docker", "/var/log/dpkg.log", "/etc/ssh/ssh_host_rsa_key", "/etc/sudoers", "/boot" };
        var found = await ListAsync(sandbox, $"for path in {string.Join(' ', hidden.Select(static path => $"'{path}'"))}; do [ ! -e \"$path\" ] || echo \"$path\"; done");

        Assert.Empty(found);
        Assert.Empty(await ListAsync(sandbox, "cut -d: -f2 /etc/shadow | grep -v '^\\*$'"));
        Assert.Equal(["modal"], await ListAsync(sandbox, "cat /etc/hostname"));
    }

    private static async Task<string[]> ListAsync(IsolatedSandbox sandbox, string script)
    {
        var result = await sandbox.RunAsync(script);
        Assert.Equal("", result.Error);
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
