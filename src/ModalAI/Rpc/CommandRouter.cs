using Grpc.Core;
using Stub = ModalAI.Protocol.TaskCommandRouter.TaskCommandRouterClient;

namespace ModalAI.Rpc;

/// <summary>Calls of one sandbox's command router. Failures leave as <see cref="RpcException"/>: callers tell resumable ones apart.</summary>
internal sealed class CommandRouter(RouterAccess access, RetryPipeline retries, ServerWarnings warnings, TimeProvider timeProvider)
{
    /// <summary>A call of the generated client with a request made for the session's task.</summary>
    public delegate AsyncUnaryCall<TResponse> UnaryCall<in TState, TResponse>(Stub stub, string taskId, TState state, CallOptions options);

    public TimeProvider TimeProvider => timeProvider;

    public RouterAccess Access => access;

    /// <summary>Makes a unary call, repeated by the rule; each attempt is limited in time, and a refused token is renewed once.</summary>
    public async Task<TResponse> CallAsync<TState, TResponse>(
        string rpc,
        UnaryCall<TState, TResponse> call,
        TState state,
        RetryRule rule,
        TimeSpan attemptTimeout,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (rule.IsLongPoll && rule.MaxOutage == Timeout.InfiniteTimeSpan)
        {
            rule = rule with { MaxOutage = access.UnreachableTimeout };
        }

        var attempts = new CallAttempts(rule, timeout, TimeSpan.Zero, timeProvider);
        try
        {
            return await retries.ExecuteAsync(
                rpc,
                attempts,
                static (state, attempts, cancellationToken) => state.self.AttemptAsync(state.call, state.state, state.attemptTimeout, attempts, cancellationToken),
                (self: this, call, state, attemptTimeout),
                cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>Headers for a stream that the caller opens by itself.</summary>
    public static CallOptions OptionsFor(RouterSession session, DateTime? deadline, CancellationToken cancellationToken) =>
        new(new Metadata { { "authorization", $"Bearer {session.Jwt}" } }, deadline, cancellationToken);

    public void ReadWarnings(Metadata trailers) => warnings.Read(trailers);

    private async ValueTask<TResponse> AttemptAsync<TState, TResponse>(
        UnaryCall<TState, TResponse> call, TState state, TimeSpan attemptTimeout, CallAttempts attempts, CancellationToken cancellationToken)
    {
        var session = await access.GetAsync(cancellationToken).ConfigureAwait(false);
        if (attempts.Remaining < attemptTimeout)
        {
            attemptTimeout = attempts.Remaining.Value;
        }

        if (attempts.MayHaveMoved)
        {
            session = await access.RenewAsync(session, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await SendAsync(session, call, state, attemptTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
        {
            access.Reject(session);
            session = await access.GetAsync(cancellationToken).ConfigureAwait(false);
            return await SendAsync(session, call, state, attemptTimeout, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TResponse> SendAsync<TState, TResponse>(
        RouterSession session, UnaryCall<TState, TResponse> call, TState state, TimeSpan attemptTimeout, CancellationToken cancellationToken)
    {
        using var pending = call(session.Stub, session.TaskId, state, OptionsFor(session, DateTime.UtcNow + attemptTimeout, cancellationToken));
        try
        {
            var response = await pending.ResponseAsync.ConfigureAwait(false);
            warnings.Read(pending.GetTrailers());
            return response;
        }
        catch (RpcException exception)
        {
            warnings.Read(exception.Trailers);
            throw;
        }
    }
}
