using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModalAI.Tests.Rpc;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Snapshots;

/// <summary>On a real Redis server.</summary>
public sealed class DistributedCacheSnapshotStoreTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private readonly string _key = Guid.NewGuid().ToString();

    [SkippableFact]
    public async Task Get_SetByAnotherStore_IsEqual()
    {
        var now = DateTimeOffset.UtcNow;
        var full = new StoredSnapshot("im-1", now, now + TimeSpan.FromDays(30), "hash");
        var small = new StoredSnapshot("im-2", now);

        await OpenStore().SetAsync(_key, small, TestTimeout.Token);
        Assert.Equal(small, await OpenStore().GetAsync(_key, TestTimeout.Token));
        await OpenStore().SetAsync(_key, full, TestTimeout.Token);
        Assert.Equal(full, await OpenStore().GetAsync(_key, TestTimeout.Token));
        Assert.Null(await OpenStore().GetAsync($"{_key}-other", TestTimeout.Token));
    }

    [SkippableFact]
    public async Task Set_WithExpiry_LetsTheServerForgetIt()
    {
        var store = OpenStore();
        var now = DateTimeOffset.UtcNow;

        await store.SetAsync(_key, new StoredSnapshot("im-1", now, now + TimeSpan.FromHours(1)), TestTimeout.Token);
        Assert.InRange((long)(await redis.SendAsync("PTTL", Entry))!, 1, 3_600_000);
        await store.SetAsync(_key, new StoredSnapshot("im-1", now), TestTimeout.Token);
        Assert.Equal(-1L, await redis.SendAsync("PTTL", Entry));
    }

    [SkippableFact]
    public async Task Set_ExpiredAlready_ForgetsTheEarlierOne()
    {
        var store = OpenStore();
        var now = DateTimeOffset.UtcNow;
        await store.SetAsync(_key, new StoredSnapshot("im-1", now), TestTimeout.Token);

        await store.SetAsync(_key, new StoredSnapshot("im-2", now, now - TimeSpan.FromSeconds(1)), TestTimeout.Token);

        Assert.Equal(0L, await redis.SendAsync("EXISTS", Entry));
    }

    [SkippableFact]
    public async Task Get_ExpiredThoughTheCacheStillHasIt_IsNone()
    {
        var time = new ManualTimeProvider();
        var store = OpenStore(time);
        await store.SetAsync(_key, new StoredSnapshot("im-1", time.GetUtcNow(), time.GetUtcNow() + TimeSpan.FromHours(1)), TestTimeout.Token);

        time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(1L, await redis.SendAsync("EXISTS", Entry));
        Assert.Null(await store.GetAsync(_key, TestTimeout.Token));
    }

    [SkippableFact]
    public async Task Remove_ForgetsIt()
    {
        var store = OpenStore();
        await store.SetAsync(_key, new StoredSnapshot("im-1", DateTimeOffset.UtcNow), TestTimeout.Token);

        await store.RemoveAsync(_key, TestTimeout.Token);
        await store.RemoveAsync(_key, TestTimeout.Token);

        Assert.Null(await store.GetAsync(_key, TestTimeout.Token));
        Assert.Equal(0L, await redis.SendAsync("EXISTS", Entry));
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("s3cret-value")]
    [InlineData("""{"imageId":"im-1"}""")]
    [InlineData("""{"imageId":null,"createdAt":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"imageId":"python:3.13","createdAt":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"imageId":"im-1","createdAt":"s3cret-value"}""")]
    public async Task Get_EntryThatCannotBeRead_IsNoneAndIsLogged(string entry)
    {
        using var logs = new CollectedLogs();
        var store = OpenStore(logs: logs);
        await OpenCache().SetAsync(Entry, Encoding.UTF8.GetBytes(entry), TestTimeout.Token);

        Assert.Null(await store.GetAsync(_key, TestTimeout.Token));

        var message = Assert.Single(logs.OfEvent("SnapshotUnreadable"));
        Assert.Contains(Entry, message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-value", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Get_EntryOfALaterVersion_IsRead()
    {
        var store = OpenStore();
        await OpenCache().SetAsync(
            Entry, """{"imageId":"im-1","createdAt":"2026-01-01T00:00:00+00:00","region":"us-east"}"""u8.ToArray(), TestTimeout.Token);

        Assert.Equal(new StoredSnapshot("im-1", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)), await store.GetAsync(_key, TestTimeout.Token));
    }

    [SkippableFact]
    public async Task Store_ServerIsGone_PassesTheFailureOn()
    {
        RedisServer.Require();
        var server = new RedisServer();
        await server.InitializeAsync();
        var store = new DistributedCacheSnapshotStore(OpenCache(server));
        await store.SetAsync(_key, new StoredSnapshot("im-1", DateTimeOffset.UtcNow), TestTimeout.Token);

        await server.DisposeAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => store.GetAsync(_key, TestTimeout.Token));
    }

    [SkippableFact]
    public async Task UseDistributedSnapshotStore_OfTwoHosts_ShareSnapshots()
    {
        RedisServer.Require();
        await using var here = BuildServices();
        await using var elsewhere = BuildServices();
        var snapshot = new StoredSnapshot("im-1", DateTimeOffset.UtcNow);

        await here.GetRequiredService<ISnapshotStore>().SetAsync(_key, snapshot, TestTimeout.Token);

        Assert.Equal(snapshot, await elsewhere.GetRequiredService<ISnapshotStore>().GetAsync(_key, TestTimeout.Token));
    }

    private string Entry => $"modalai:snapshot:{_key}";

    private static RedisCache OpenCache(RedisServer server) => new(Options.Create(new RedisCacheOptions { Configuration = server.Configuration }));

    private ServiceProvider BuildServices() => new ServiceCollection()
        .AddStackExchangeRedisCache(options => options.Configuration = redis.Configuration)
        .AddModalSandbox().UseDistributedSnapshotStore()
        .Services.BuildServiceProvider();

    private RedisCache OpenCache() => OpenCache(redis);

    /// <summary>A store with a connection of its own, as another process has it.</summary>
    private DistributedCacheSnapshotStore OpenStore(TimeProvider? time = null, CollectedLogs? logs = null)
    {
        RedisServer.Require();
        return new DistributedCacheSnapshotStore(OpenCache(), time, logs is null ? null : new Logger<DistributedCacheSnapshotStore>(logs));
    }
}
