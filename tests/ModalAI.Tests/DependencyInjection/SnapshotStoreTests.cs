using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;
using NSubstitute;

namespace ModalAI.Tests.DependencyInjection;

public sealed class SnapshotStoreTests
{
    [Fact]
    public void Default_IsInMemoryOneForEachRegistration()
    {
        using var provider = new ServiceCollection().AddModalSandbox().Services.AddModalSandbox("gpu").Services.BuildServiceProvider();

        var store = Assert.IsType<InMemorySnapshotStore>(provider.GetRequiredService<ISnapshotStore>());
        Assert.Same(store, provider.GetRequiredService<ISnapshotStore>());
        Assert.NotSame(store, Assert.IsType<InMemorySnapshotStore>(provider.GetRequiredKeyedService<ISnapshotStore>("gpu")));
    }

    [Fact]
    public void UseSnapshotStore_OfOneRegistration_LeavesTheOthers()
    {
        var given = Substitute.For<ISnapshotStore>();
        using var provider = new ServiceCollection()
            .AddSingleton<IDistributedCache>(Substitute.For<IDistributedCache>())
            .AddModalSandbox().UseDistributedSnapshotStore().UseSnapshotStore(given)
            .Services.AddModalSandbox("gpu").UseSnapshotStore<CustomStore>()
            .Services.AddModalSandbox("cpu").UseDistributedSnapshotStore()
            .Services.AddModalSandbox("cpu")
            .Services.BuildServiceProvider();

        Assert.Same(given, Assert.Single(provider.GetServices<ISnapshotStore>()));
        Assert.Same(provider.GetRequiredService<IDistributedCache>(), Assert.IsType<CustomStore>(provider.GetRequiredKeyedService<ISnapshotStore>("gpu")).Cache);
        Assert.IsType<DistributedCacheSnapshotStore>(provider.GetRequiredKeyedService<ISnapshotStore>("cpu"));
    }

    [Fact]
    public async Task UseSnapshotStore_ExpiresByTheClockOfTheServices()
    {
        var time = new ManualTimeProvider();
        await using var provider = new ServiceCollection().AddSingleton<TimeProvider>(time).AddModalSandbox().Services.BuildServiceProvider();
        var store = provider.GetRequiredService<ISnapshotStore>();
        await store.SetAsync("key", new StoredSnapshot("im-1", time.GetUtcNow(), time.GetUtcNow() + TimeSpan.FromHours(1)));

        time.Advance(TimeSpan.FromHours(2));

        Assert.Null(await store.GetAsync("key"));
    }

    [Fact]
    public void UseDistributedSnapshotStore_NoCache_SaysWhatIsMissing()
    {
        using var provider = new ServiceCollection().AddModalSandbox().UseDistributedSnapshotStore().Services.BuildServiceProvider();

        var exception = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<ISnapshotStore>());

        Assert.Contains("IDistributedCache", exception.Message, StringComparison.Ordinal);
    }

    private sealed class CustomStore(IDistributedCache cache) : ISnapshotStore
    {
        public IDistributedCache Cache { get; } = cache;

        public Task<StoredSnapshot?> GetAsync(string key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task SetAsync(string key, StoredSnapshot snapshot, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task RemoveAsync(string key, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
