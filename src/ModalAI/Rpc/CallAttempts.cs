using System.Globalization;
using Grpc.Core;
using ModalAI.Protocol;

namespace ModalAI.Rpc;

/// <summary>
/// What one logical call has been through: how many attempts, how often the server asked to come back later, and whether another attempt
/// is due. Not thread-safe: attempts of a call follow each other.
/// </summary>
internal sealed class CallAttempts(RetryRule rule, TimeSpan timeout, TimeSpan maxThrottleWait, TimeProvider timeProvider)
{
    private const int FailuresInDoubt = 3;

    private readonly long _started = timeProvider.GetTimestamp();
    private readonly string _idempotencyKey = Guid.NewGuid().ToString();
    private int _retries;
    private int _throttleRetries;
    private TimeSpan _throttled;
    private long? _failingSince;

    /// <summary>Delay before the next attempt, valid after <see cref="TryNext"/> said yes.</summary>
    public TimeSpan Delay { get; private set; }

    /// <summary>Whether the last failure was the server's request to come back later.</summary>
    public bool IsThrottled { get; private set; }

    /// <summary>How long the server has had the call wait: not counted as time that the call takes.</summary>
    public TimeSpan Throttled => _throttled;

    /// <summary>Whether the server can't be reached for the third, sixth, … time in a row: it may be elsewhere by now.</summary>
    public bool MayHaveMoved { get; private set; }

    /// <summary>Whether one of the attempts may have reached the server without an answer.</summary>
    public bool MayHaveArrived { get; private set; }

    /// <summary>What is left of the call's time limit, if it has one.</summary>
    public TimeSpan? Remaining => timeout == Timeout.InfiniteTimeSpan ? null : timeout - Elapsed;

    public TimeSpan Elapsed => timeProvider.GetElapsedTime(_started);

    /// <summary>Transient by Modal's rules: DEADLINE_EXCEEDED, UNAVAILABLE, CANCELLED, INTERNAL, UNKNOWN.</summary>
    public static bool IsTransient(StatusCode status) =>
        status is StatusCode.DeadlineExceeded or StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown;

    /// <summary>Whether the call is to be repeated after this failure.</summary>
    public bool TryNext(RpcException exception)
    {
        MayHaveArrived |= IsTransient(exception.StatusCode) && !HasNotLeft(exception);
        if (maxThrottleWait > TimeSpan.Zero && ServerRetryDelay.Find(exception.Trailers) is { } retryAfter)
        {
            IsThrottled = true;
            Delay = retryAfter > rule.BaseDelay ? retryAfter : rule.BaseDelay;
            _throttleRetries++;
            if (Elapsed + Delay >= maxThrottleWait)
            {
                return false;
            }

            _throttled += Delay;
            return true;
        }

        IsThrottled = false;
        MayHaveMoved = false;
        if (rule.IsLongPoll && exception.StatusCode == StatusCode.DeadlineExceeded)
        {
            Renew();
            Delay = TimeSpan.Zero;
            return HasTimeFor(Delay);
        }

        if (rule.IsBudgeted && exception.StatusCode is (StatusCode.DeadlineExceeded or StatusCode.Cancelled))
        {
            return false;
        }

        if (!IsTransient(exception.StatusCode) || _retries >= rule.MaxRetries)
        {
            return false;
        }

        Delay = TimeSpan.FromTicks(Math.Min(rule.MaxDelay.Ticks, rule.BaseDelay.Ticks << Math.Min(_retries, 20)));
        _retries++;
        MayHaveMoved = exception.StatusCode == StatusCode.Unavailable && _retries % FailuresInDoubt == 0;
        var failing = timeProvider.GetElapsedTime(_failingSince ??= timeProvider.GetTimestamp());
        return HasTimeFor(Delay) && (rule.MaxOutage == Timeout.InfiniteTimeSpan || failing + Delay < rule.MaxOutage);
    }

    /// <summary>Lets the failures so far count no more: the call has made progress.</summary>
    public void Renew()
    {
        _retries = 0;
        _failingSince = null;
        MayHaveMoved = false;
    }

    /// <summary>The headers by which the server knows the attempts of one call (Modal protocol: x-idempotency-key, x-retry-*).</summary>
    public void AddHeaders(Metadata headers)
    {
        if (rule.MaxRetries == 0)
        {
            // There is only one attempt, and Modal's own clients name none.
            return;
        }

        headers.Add("x-idempotency-key", _idempotencyKey);
        headers.Add("x-retry-attempt", _retries.ToString(CultureInfo.InvariantCulture));
        headers.Add("x-throttle-retry-attempt", _throttleRetries.ToString(CultureInfo.InvariantCulture));
        if (_retries > 0)
        {
            headers.Add("x-retry-delay", Elapsed.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture));
        }

        if (_throttleRetries > 0)
        {
            headers.Add("x-throttle-retry-delay", Elapsed.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Whether there was no connection to send it on.</summary>
    private static bool HasNotLeft(RpcException exception) => exception.Status.DebugException is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    private bool HasTimeFor(TimeSpan delay) => timeout == Timeout.InfiniteTimeSpan || Elapsed - _throttled + delay < timeout;
}
