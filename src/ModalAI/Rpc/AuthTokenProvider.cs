using Grpc.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;

namespace ModalAI.Rpc;

/// <summary>
/// Hands out the control plane's token. Callers without one share a single fetch; past its half-life a token is renewed in the background
/// while it still serves, so that no caller waits and an outage of the token service is bridged.
/// </summary>
internal sealed class AuthTokenProvider(Func<bool, CancellationToken, Task<string>> fetch, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan AssumedLifetime = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private AuthToken? _token;
    private Fetch? _pending;
    private DateTimeOffset _notBefore;
    private TimeSpan _backoff = MinBackoff;

    /// <summary>The current token, or the one that is being fetched. Cancelling stops waiting, not the fetch that others share.</summary>
    public ValueTask<AuthToken> GetAsync(CancellationToken cancellationToken)
    {
        Task<AuthToken> pending;
        lock (_lock)
        {
            var now = timeProvider.GetUtcNow();
            if (_token is { } token && now < token.Expires)
            {
                if (now >= token.RefreshAt && now >= _notBefore)
                {
                    _pending ??= Start(hasToken: true);
                }

                return ValueTask.FromResult(token);
            }

            pending = (_pending ??= Start(hasToken: false)).Result;
        }

        return new ValueTask<AuthToken>(pending.WaitAsync(cancellationToken));
    }

    /// <summary>The current token, or null while the first one is being fetched, which this call sets off.</summary>
    public AuthToken? Peek()
    {
        var pending = GetAsync(CancellationToken.None);
        return pending.IsCompletedSuccessfully ? pending.Result : null;
    }

    /// <summary>The server refused this token, whatever its clock says: the next caller gets another one.</summary>
    public void Reject(AuthToken token)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_token, token))
            {
                // A renewal that is under way is not repeated when it fails, and may bring a token as old as this one: nobody is to wait for it.
                _token = null;
                _pending = null;
            }
        }
    }

    private Fetch Start(bool hasToken)
    {
        // Not on the caller's stack: the lock is held here, and a fetch may complete synchronously.
        var started = new Fetch();
        started.Result = Task.Run(() => FetchAsync(started, hasToken));
        started.Result.Observe();
        return started;
    }

    private async Task<AuthToken> FetchAsync(Fetch self, bool hasToken)
    {
        try
        {
            // A caller is waiting only when there is no token: then transient failures are worth repeating.
            var value = await fetch(!hasToken, CancellationToken.None).ConfigureAwait(false);
            var now = timeProvider.GetUtcNow();
            var expires = JwtExpiry.Read(value) ?? now + AssumedLifetime;
            var remaining = expires > now ? expires - now : TimeSpan.Zero;
            var token = new AuthToken(value, expires, now + (remaining * (0.5 + (Random.Shared.NextDouble() * 0.1))));
            lock (_lock)
            {
                if (ReferenceEquals(_pending, self))
                {
                    _token = token;
                    _pending = null;
                    _backoff = MinBackoff;
                    _notBefore = default;
                }
            }

            return token;
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                if (ReferenceEquals(_pending, self))
                {
                    _pending = null;
                    _notBefore = timeProvider.GetUtcNow() + _backoff;
                    _backoff = _backoff * 2 < MaxBackoff ? _backoff * 2 : MaxBackoff;
                    if (exception is ModalException { Code: ModalErrorCode.Unauthenticated or ModalErrorCode.PermissionDenied })
                    {
                        // The credentials are no longer any good: the next caller is told, not the one whose token expires.
                        _token = null;
                    }
                }
            }

            if (hasToken)
            {
                Log.TokenRefreshFailed(logger, (exception.InnerException as RpcException)?.StatusCode ?? StatusCode.Unknown);
            }

            throw;
        }
    }

    /// <summary>One fetch; one that was overtaken is known by being another object.</summary>
    private sealed class Fetch
    {
        public Task<AuthToken> Result { get; set; } = null!;
    }
}
