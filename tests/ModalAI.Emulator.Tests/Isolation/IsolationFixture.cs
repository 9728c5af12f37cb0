using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>One host and one plain sandbox for all tests that leave nothing behind in them.</summary>
public sealed class IsolationFixture : IAsyncLifetime
{
    private int _count;

    internal string StateDirectory { get; } = Directory.CreateTempSubdirectory("modalai-tests-").FullName;

    internal SandboxHost Host { get; private set; } = null!;

    internal IsolatedSandbox Sandbox { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Host = await SandboxHost.StartAsync(StateDirectory, NullLoggerFactory.Instance, TestTimeout.Token);
        Sandbox = await CreateAsync();
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(StateDirectory, recursive: true);
    }

    internal Task<IsolatedSandbox> CreateAsync(bool blockNetwork = false, params VolumeBind[] volumes) =>
        Host.CreateAsync(
            new SandboxSpec { Id = $"test{Interlocked.Increment(ref _count)}", BlockNetwork = blockNetwork, Volumes = volumes }, TestTimeout.Token);

    internal bool HasFilesOf(string id)
    {
        var boxes = Path.Join(StateDirectory, "isolation", "boxes");
        Assert.True(Directory.Exists(boxes));
        return Path.Exists(Path.Join(boxes, id));
    }

    internal string CreateVolume()
    {
        var path = Path.Join(StateDirectory, "volumes", $"v{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(path);
        return path;
    }
}
