using ModalAI.Emulator.FileSystem;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

/// <summary>Alone, since the operations of other tests would be seen as well.</summary>
[Collection(RunsAlone.Name)]
public sealed class SandboxIdentityTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [SkippableFact]
    public async Task Run_AsRoot_LeavesThePoolsThreadsTheirRights()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "A plain user has no rights to lose.");
        using var tools = new FileSystemTools(_sandbox.Root, (1_000_000, 1_000_000));
        var before = Rights();

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(number =>
            _sandbox.CallAsync(number % 2 == 0 ? "Stat" : "Remove", new() { ["path"] = $"/{number}" }, tools: tools)));

        Assert.Equal(before, Rights());
        Assert.Equal(4, before.Count);
    }

    [SkippableFact]
    public void Identity_AsRoot_IsTheSandboxesWithRightsOverFilesOnly()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "A plain user has no rights to lose.");
        using var identity = new SandboxIdentity(1_000_000, 1_000_001);

        var status = File.ReadAllLines("/proc/thread-self/status");

        Assert.Contains("Uid:\t0\t0\t0\t1000000", status);
        Assert.Contains("Gid:\t0\t0\t0\t1000001", status);
        Assert.Contains("CapEff:\t000000000000000e", status);
    }

    public void Dispose() => _sandbox.Dispose();

    /// <summary>The names, users and rights that the thread pool's threads have; more than one of a kind if they differ.</summary>
    private static HashSet<string> Rights() =>
        [.. Directory.GetDirectories("/proc/self/task")
            .Select(Status)
            .Where(status => status is ["Name:\t.NET TP Worker", ..])
            .SelectMany(status => status)
            .Where(line => line.StartsWith("CapEff", StringComparison.Ordinal) || line.StartsWith("Uid", StringComparison.Ordinal)
                || line.StartsWith("Gid", StringComparison.Ordinal) || line.StartsWith("Name", StringComparison.Ordinal))];

    /// <summary>Empty for a thread that has ended since it was listed.</summary>
    private static string[] Status(string task)
    {
        try
        {
            return File.ReadAllLines(task + "/status");
        }
        catch (IOException)
        {
            return [];
        }
    }
}
