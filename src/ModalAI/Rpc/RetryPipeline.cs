using Grpc.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using Polly;
using Polly.Retry;

namespace ModalAI.Rpc;

/// <summary>Runs the attempts of a call; whether and when there is another one is for its <see cref="CallAttempts"/> to say.</summary>
internal sealed class RetryPipeline
{
    private static readonly ResiliencePropertyKey<CallAttempts> AttemptsKey = new("modalai.attempts");
    private static readonly TimeSpan WarningInterval = TimeSpan.FromSeconds(30);
    private readonly ResiliencePipeline _pipeline;
    private long _warned;

    /// <summary>Told of the RPC and the time when the server asks to come back later.</summary>
    public event Action<string, TimeSpan>? Throttled;

    public RetryPipeline(TimeProvider timeProvider, ILogger logger)
    {
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = timeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = static arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is RpcException exception
                    && !arguments.Context.CancellationToken.IsCancellationRequested
                    && AttemptsOf(arguments.Context).TryNext(exception)),
                DelayGenerator = static arguments => ValueTask.FromResult<TimeSpan?>(AttemptsOf(arguments.Context).Delay),
                OnRetry = arguments =>
                {
                    var exception = (RpcException)arguments.Outcome.Exception!;
                    if (AttemptsOf(arguments.Context).IsThrottled)
                    {
                        Throttled?.Invoke(arguments.Context.OperationKey!, arguments.RetryDelay);
                    }

                    if (AttemptsOf(arguments.Context).IsThrottled && !IsTimeToWarn(timeProvider))
                    {
                        Log.ServerAsksToWaitAgain(logger, arguments.Context.OperationKey!, arguments.RetryDelay.TotalMilliseconds, exception.StatusCode);
                    }
                    else if (AttemptsOf(arguments.Context).IsThrottled)
                    {
                        Log.ServerAsksToWait(logger, arguments.Context.OperationKey!, arguments.RetryDelay.TotalMilliseconds, exception.StatusCode);
                    }
                    else
                    {
                        Log.Retrying(logger, arguments.Context.OperationKey!, arguments.RetryDelay.TotalMilliseconds, exception.StatusCode);
                    }

                    return default;
                },
            })
            .Build();
    }

    public async ValueTask<TResult> ExecuteAsync<TState, TResult>(
        string rpc,
        CallAttempts attempts,
        Func<TState, CallAttempts, CancellationToken, ValueTask<TResult>> attempt,
        TState state,
        CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(rpc, continueOnCapturedContext: false, cancellationToken);
        try
        {
            context.Properties.Set(AttemptsKey, attempts);
            return await _pipeline.ExecuteAsync(
                static (context, arguments) => arguments.attempt(arguments.state, arguments.attempts, context.CancellationToken),
                context,
                (attempt, state, attempts)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Once in half a minute is enough, however many calls are told to wait.</summary>
    private bool IsTimeToWarn(TimeProvider timeProvider)
    {
        var now = timeProvider.GetTimestamp();
        var last = Interlocked.Read(ref _warned);
        return (last == 0 || timeProvider.GetElapsedTime(last, now) >= WarningInterval) && Interlocked.CompareExchange(ref _warned, now, last) == last;
    }

    private static CallAttempts AttemptsOf(ResilienceContext context) => context.Properties.GetValue(AttemptsKey, null!);
}
