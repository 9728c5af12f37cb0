namespace Microsoft.Extensions.Caching.StackExchangeRedis;

/// <summary>Where the server is.</summary>
public sealed class RedisCacheOptions
{
    /// <summary>The server's address: <c>!</c> and the path of its socket.</summary>
    public string? Configuration { get; set; }
}
