using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>A host for each way of isolating that is asked for.</summary>
public sealed class LayerFixture : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Lazy<Task<SandboxHost>>> _hosts = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("modalai-tests-");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts.Values)
        {
            await (await host.Value).DisposeAsync();
        }

        _state.Delete(recursive: true);
    }

    internal Task<SandboxHost> StartAsync(string tier) =>
        _hosts.GetOrAdd(
            tier,
            name => new Lazy<Task<SandboxHost>>(() =>
                SandboxHost.StartAsync(Path.Join(_state.FullName, name), [Enum.Parse<IsolationTier>(name)], NullLoggerFactory.Instance, TestTimeout.Token))).Value;

    internal string StateOf(SandboxHost host) => Path.Join(_state.FullName, host.Tier.ToString());

    internal string CreateDirectory() => _state.CreateSubdirectory($"{Guid.NewGuid():N}").FullName;
}
