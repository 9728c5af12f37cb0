using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Rpc;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

public sealed class AuthTokenProviderTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Queue<TaskCompletionSource<string>> _answers = new();
    private readonly ConcurrentQueue<bool> _repeats = new();
    private readonly AuthTokenProvider _provider;
    private int _fetches;

    public AuthTokenProviderTests()
    {
        _provider = new AuthTokenProvider(
            (repeat, _) =>
            {
                _repeats.Enqueue(repeat);
                return Interlocked.Increment(ref _fetches) <= _answers.Count ? _answers.ElementAt(_fetches - 1).Task : throw new InvalidOperationException("Not expected.");
            },
            _time,
            NullLogger.Instance);
    }

    [Fact]
    public async Task Get_ManyCallersWithoutAToken_ShareOneFetch()
    {
        var answer = Expect();
        var callers = Enumerable.Range(0, 50).Select(_ => _provider.GetAsync(TestTimeout.Token).AsTask()).ToList();
        answer.SetResult(TokenFor(TimeSpan.FromHours(1)));

        var tokens = await Task.WhenAll(callers);

        Assert.Equal(1, _fetches);
        Assert.Single(tokens.Distinct());
    }

    [Fact]
    public async Task Get_OneCallerCancelled_OthersGoOn()
    {
        var answer = Expect();
        using var cancellation = new CancellationTokenSource();
        var cancelled = _provider.GetAsync(cancellation.Token).AsTask();
        var patient = _provider.GetAsync(TestTimeout.Token).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        answer.SetResult(TokenFor(TimeSpan.FromHours(1)));

        Assert.NotNull(await patient);
    }

    [Fact]
    public async Task Get_PastTheRefreshPoint_ServesTheOldTokenWhileTheNewOneIsFetched()
    {
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));
        var old = await _provider.GetAsync(TestTimeout.Token);
        Assert.InRange(old.RefreshAt - _time.GetUtcNow(), TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(36));
        var answer = Expect();
        _time.Advance(TimeSpan.FromMinutes(40));

        Assert.Same(old, await _provider.GetAsync(TestTimeout.Token));
        Assert.Same(old, await _provider.GetAsync(TestTimeout.Token));
        answer.SetResult(TokenFor(TimeSpan.FromHours(2)));

        var token = old;
        while (ReferenceEquals(token, old))
        {
            token = await _provider.GetAsync(TestTimeout.Token);
            await Task.Yield();
        }

        Assert.Equal(2, _fetches);
    }

    [Fact]
    public async Task Get_Expired_WaitsForANewToken()
    {
        Expect().SetResult(TokenFor(TimeSpan.FromMinutes(10)));
        var old = await _provider.GetAsync(TestTimeout.Token);
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));
        _time.Advance(TimeSpan.FromMinutes(11));

        Assert.NotSame(old, await _provider.GetAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Reject_ATokenWhoseClockIsFine_FetchesAnotherOnce()
    {
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));
        var rejected = await _provider.GetAsync(TestTimeout.Token);
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));

        _provider.Reject(rejected);
        var token = await _provider.GetAsync(TestTimeout.Token);
        _provider.Reject(rejected);

        Assert.Same(token, await _provider.GetAsync(TestTimeout.Token));
        Assert.Equal(2, _fetches);
    }

    [Fact]
    public async Task Reject_WhileARenewalIsUnderWay_WaitsForAnotherFetch()
    {
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));
        var rejected = await _provider.GetAsync(TestTimeout.Token);
        var renewal = Expect();
        _time.Advance(TimeSpan.FromMinutes(40));
        Assert.Same(rejected, await _provider.GetAsync(TestTimeout.Token));
        Expect().SetResult(TokenFor(TimeSpan.FromHours(3)));

        // The renewal is not repeated when it fails, and it began before the token was refused.
        _provider.Reject(rejected);
        var token = await _provider.GetAsync(TestTimeout.Token);
        renewal.SetException(new ModalException(ModalErrorCode.Unavailable, "down"));

        Assert.NotSame(rejected, token);
        Assert.Same(token, await _provider.GetAsync(TestTimeout.Token));
        Assert.Equal([true, false, true], _repeats);
    }

    [Fact]
    public async Task Get_RenewalFailed_ServesTheOldTokenAndBacksOff()
    {
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));
        var old = await _provider.GetAsync(TestTimeout.Token);
        var renewal = Expect();
        _time.Advance(TimeSpan.FromMinutes(40));
        Assert.Same(old, await _provider.GetAsync(TestTimeout.Token));
        renewal.SetException(new ModalException(ModalErrorCode.Unavailable, "down"));
        await UntilFetchesAre(2);

        // Half a second has to pass before the next one.
        Assert.Same(old, await _provider.GetAsync(TestTimeout.Token));
        Assert.Equal(2, _fetches);
        Expect().SetResult(TokenFor(TimeSpan.FromHours(3)));
        await RenewedFrom(old);

        Assert.Equal(3, _fetches);
    }

    [Fact]
    public async Task Get_RenewalRefused_TellsTheNextCaller()
    {
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));
        await _provider.GetAsync(TestTimeout.Token);
        Expect().SetException(new ModalException(ModalErrorCode.Unauthenticated, "revoked"));
        _time.Advance(TimeSpan.FromMinutes(40));
        await _provider.GetAsync(TestTimeout.Token);
        Expect().SetException(new ModalException(ModalErrorCode.Unauthenticated, "revoked"));

        var exception = await Assert.ThrowsAsync<ModalException>(async () =>
        {
            while (!TestTimeout.Token.IsCancellationRequested)
            {
                await _provider.GetAsync(TestTimeout.Token);
                await Task.Yield();
            }
        });

        Assert.Equal(ModalErrorCode.Unauthenticated, exception.Code);
    }

    [Fact]
    public async Task Get_FetchFailed_TheNextCallerTriesAgain()
    {
        Expect().SetException(new ModalException(ModalErrorCode.Unavailable, "down"));
        await Assert.ThrowsAsync<ModalException>(() => _provider.GetAsync(TestTimeout.Token).AsTask());
        Expect().SetResult(TokenFor(TimeSpan.FromHours(1)));

        Assert.NotNull(await _provider.GetAsync(TestTimeout.Token));
    }

    [Theory]
    [InlineData("opaque")]
    [InlineData("a.b.c")]
    [InlineData("a.bm90IGpzb24.c")]
    public async Task Get_TokenWithoutAnExpiry_IsTakenForTwentyMinutes(string token)
    {
        Expect().SetResult(token);

        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(20), (await _provider.GetAsync(TestTimeout.Token)).Expires);
    }

    [Fact]
    public void Token_Text_DoesNotShowIt() => Assert.DoesNotContain("secret", new AuthToken("secret", default, default).ToString(), StringComparison.Ordinal);

    /// <summary>Asks until a renewal has brought another token, moving the clock as a backoff may demand.</summary>
    private async Task RenewedFrom(AuthToken old)
    {
        var limit = TestTimeout.Token;
        while (ReferenceEquals(old, await _provider.GetAsync(limit)))
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }

    private async Task UntilFetchesAre(int count)
    {
        var limit = TestTimeout.Token;
        while (Volatile.Read(ref _fetches) < count)
        {
            limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private TaskCompletionSource<string> Expect()
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answers.Enqueue(answer);
        return answer;
    }

    private string TokenFor(TimeSpan lifetime) =>
        $"e30.{Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"exp":{{(_time.GetUtcNow() + lifetime).ToUnixTimeSeconds()}}}""")).TrimEnd('=')}.sig";
}
