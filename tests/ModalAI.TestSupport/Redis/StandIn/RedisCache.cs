using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;
using ModalAI.TestSupport;

namespace Microsoft.Extensions.Caching.StackExchangeRedis;

/// <summary>
/// Stands in for the cache of the package of that name where it cannot be restored: the asynchronous calls and absolute expiration, on a real server. What else a
/// cache has it refuses.
/// </summary>
public sealed class RedisCache(IOptions<RedisCacheOptions> options) : IDistributedCache
{
    private readonly string _socketPath = options.Value.Configuration?.TrimStart('!') ?? throw new InvalidOperationException("Configuration names no server.");

    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default) => (byte[]?)await SendAsync("GET", key, [], token);

    /// <inheritdoc/>
    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.SlidingExpiration is not null)
        {
            throw Refusal();
        }

        var life = options.AbsoluteExpirationRelativeToNow ?? options.AbsoluteExpiration - DateTimeOffset.UtcNow;
        string[] expiry = life is { } span ? ["PX", Math.Ceiling(span.TotalMilliseconds).ToString("0", CultureInfo.InvariantCulture)] : [];
        return SendAsync("SET", key, [value, .. expiry.Select(RedisCommand.Encode)], token);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken token = default) => SendAsync("DEL", key, [], token);

    /// <inheritdoc/>
    public Task RefreshAsync(string key, CancellationToken token = default) => throw Refusal();

    /// <inheritdoc/>
    public byte[]? Get(string key) => throw Refusal();

    /// <inheritdoc/>
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw Refusal();

    /// <inheritdoc/>
    public void Refresh(string key) => throw Refusal();

    /// <inheritdoc/>
    public void Remove(string key) => throw Refusal();

    private static NotSupportedException Refusal() => new("The stand-in has asynchronous calls and absolute expiration alone.");

    private Task<object?> SendAsync(string command, string key, byte[][] rest, CancellationToken cancellationToken) =>
        RedisCommand.SendAsync(_socketPath, [RedisCommand.Encode(command), RedisCommand.Encode(key), .. rest], cancellationToken);
}
