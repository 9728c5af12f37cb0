using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>Has the volumes of one container show what others have written (RPC TaskReloadVolumes).</summary>
internal static class VolumeReload
{
    private const string Rpc = "TaskReloadVolumes";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(55);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    /// <param name="router">The sandbox's command router.</param>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="containerId">Empty for the main container.</param>
    /// <param name="timeout">For all attempts; null for Modal's default.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task RunAsync(CommandRouter router, string sandboxId, string containerId, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var limit = timeout ?? DefaultTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxTimeout, nameof(timeout));
        using var budget = new CancellationTokenSource(limit, router.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(budget.Token, cancellationToken);
        try
        {
            await router.CallAsync(
                Rpc,
                static (stub, taskId, containerId, options) => stub.TaskReloadVolumesAsync(new TaskReloadVolumesRequest { TaskId = taskId, ContainerId = containerId }, options),
                containerId,
                RetryRule.Router,
                attemptTimeout: limit,
                timeout: limit,
                both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (budget.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModalException(
                ModalErrorCode.Timeout, $"The volumes of sandbox {sandboxId} were not reloaded within {limit.TotalSeconds:0.#} s. They may still be; try again, or give it more time.");
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            throw ModalErrors.ContainerEnded(sandboxId, containerId, Rpc, exception);
        }
        catch (RpcException exception)
        {
            throw ModalErrors.FromRouter(exception, Rpc, sandboxId);
        }
    }
}
