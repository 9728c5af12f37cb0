namespace ModalAI.Tests.Rpc;

public sealed class AsyncCacheTests
{
    [Fact]
    public async Task Get_RightAfterAFailure_LooksUpAgain()
    {
        var cache = new AsyncCache<string, int>();
        for (var i = 0; i < 1000; i++)
        {
            var key = $"{i}";
            await Assert.ThrowsAsync<IOException>(() => cache.GetAsync(key, FailAsync, CancellationToken.None));

            Assert.Equal(1, await cache.GetAsync(key, static _ => Task.FromResult(1), CancellationToken.None));
        }
    }

    private static async Task<int> FailAsync(string key)
    {
        await Task.Yield();
        throw new IOException(key);
    }
}
