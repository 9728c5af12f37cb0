using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the cache.</summary>
public static class StackExchangeRedisCacheServiceCollectionExtensions
{
    /// <summary>Registers a cache in Redis as the services' <see cref="IDistributedCache"/>.</summary>
    public static IServiceCollection AddStackExchangeRedisCache(this IServiceCollection services, Action<RedisCacheOptions> setupAction) =>
        services.Configure(setupAction).AddSingleton<IDistributedCache, RedisCache>();
}
