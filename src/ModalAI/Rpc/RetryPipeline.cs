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
    private readonly ResiliencePipeline _pipeline;

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

    private static CallAttempts AttemptsOf(ResilienceContext context) => context.Properties.GetValue(AttemptsKey, null!);
}
