using Grpc.Core;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>Calls of one sandbox's command router, their failures told as exceptions of this library.</summary>
internal sealed class RouterCalls(string sandboxId, CommandRouter router)
{
    public static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    public string SandboxId => sandboxId;

    public CommandRouter Router => router;

    /// <summary>Makes a call that the router answers at once.</summary>
    public Task<TResponse> CallAsync<TState, TResponse>(
        string rpc, CommandRouter.UnaryCall<TState, TResponse> call, TState state, CancellationToken cancellationToken) =>
        CallAsync(rpc, call, state, RetryRule.Router, AttemptTimeout, CallTimeout, cancellationToken);

    /// <summary>Makes a call with limits of its own.</summary>
    public async Task<TResponse> CallAsync<TState, TResponse>(
        string rpc,
        CommandRouter.UnaryCall<TState, TResponse> call,
        TState state,
        RetryRule rule,
        TimeSpan attemptTimeout,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        try
        {
            return await router.CallAsync(rpc, call, state, rule, attemptTimeout, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw ModalErrors.FromRouter(exception, rpc, sandboxId);
        }
    }
}
