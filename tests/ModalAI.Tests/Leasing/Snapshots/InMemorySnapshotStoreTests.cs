using Microsoft.Extensions.Logging;
using ModalAI.Tests.Rpc;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Snapshots;

public sealed class InMemorySnapshotStoreTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Get_WhatWasSet_IsThereUntilItIsRemoved()
    {
        var store = new InMemorySnapshotStore(timeProvider: _time);
        var snapshot = new StoredSnapshot("im-1", _time.GetUtcNow(), ConfigurationHash: "hash");

        await store.SetAsync("key", new StoredSnapshot("im-0", _time.GetUtcNow()));
        await store.SetAsync("key", snapshot);

        Assert.Equal(snapshot, await store.GetAsync("key"));
        Assert.Null(await store.GetAsync("Key"));
        await store.RemoveAsync("key");
        await store.RemoveAsync("key");
        Assert.Null(await store.GetAsync("key"));
    }

    [Fact]
    public async Task Get_Expired_IsNone()
    {
        var store = new InMemorySnapshotStore(timeProvider: _time);
        await store.SetAsync("key", Expiring(TimeSpan.FromMinutes(1)));

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(await store.GetAsync("key"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await store.GetAsync("key"));
    }

    [Fact]
    public async Task Set_ExpiredAlready_ForgetsTheEarlierOne()
    {
        var store = new InMemorySnapshotStore(timeProvider: _time);
        await store.SetAsync("key", Expiring(TimeSpan.FromMinutes(1)));

        await store.SetAsync("key", Expiring(TimeSpan.Zero));

        Assert.Null(await store.GetAsync("key"));
    }

    [Fact]
    public async Task Set_BeyondTheBound_ForgetsTheOneSetTheLongestTimeAgoAndSaysSo()
    {
        using var logs = new CollectedLogs();
        var store = new InMemorySnapshotStore(2, _time, new Logger<InMemorySnapshotStore>(logs));
        foreach (var key in (string[])["a", "b", "a", "c"])
        {
            await store.SetAsync(key, new StoredSnapshot($"im-{key}", _time.GetUtcNow()));
        }

        Assert.Null(await store.GetAsync("b"));
        Assert.NotNull(await store.GetAsync("a"));
        Assert.NotNull(await store.GetAsync("c"));
        Assert.Contains("im-b", Assert.Single(logs.OfEvent("SnapshotForgotten")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_BeyondTheBound_ForgetsExpiredOnesFirst()
    {
        using var logs = new CollectedLogs();
        var store = new InMemorySnapshotStore(2, _time, new Logger<InMemorySnapshotStore>(logs));
        await store.SetAsync("kept", Expiring(TimeSpan.FromHours(1)));
        await store.SetAsync("expired", Expiring(TimeSpan.FromSeconds(1)));
        _time.Advance(TimeSpan.FromMinutes(1));

        await store.SetAsync("new", Expiring(TimeSpan.FromHours(1)));

        Assert.NotNull(await store.GetAsync("kept"));
        Assert.Empty(logs.OfEvent("SnapshotForgotten"));
    }

    [Fact]
    public async Task Store_BadArguments_AreRefused()
    {
        var store = new InMemorySnapshotStore();

        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemorySnapshotStore(0));
        Assert.Throws<ArgumentException>(() => new StoredSnapshot("python:3.13-slim", _time.GetUtcNow()));
        await Assert.ThrowsAsync<ArgumentException>(() => store.GetAsync(""));
        await Assert.ThrowsAsync<ArgumentNullException>(() => store.SetAsync("key", null!));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync("key", new CancellationToken(canceled: true)));
    }

    private StoredSnapshot Expiring(TimeSpan life) => new("im-1", _time.GetUtcNow(), _time.GetUtcNow() + life);
}
