using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

public sealed partial class ModalSandbox
{
    private static readonly TimeSpan DefaultReloadTimeout = TimeSpan.FromSeconds(55);
    private static readonly TimeSpan MaxReloadTimeout = TimeSpan.FromDays(1);

    /// <summary>
    /// Shows in the sandbox's volumes what other sandboxes have written to them since (RPC TaskReloadVolumes). Fails while something in the sandbox has a file
    /// of a volume open.
    /// </summary>
    /// <param name="timeout">How long it may take with all attempts, more than 0 and at most a day; null for 55 seconds. It may still end after that.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is zero or less, or more than a day.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.Timeout"/>: it was not done in time; <see cref="ModalErrorCode.SandboxEnded"/>: the sandbox has ended; others as they come.
    /// </exception>
    public async Task ReloadVolumesAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        var limit = timeout ?? DefaultReloadTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxReloadTimeout, nameof(timeout));
        using var budget = new CancellationTokenSource(limit, _client.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(budget.Token, cancellationToken);
        try
        {
            await _exec.Router.CallAsync(
                "TaskReloadVolumes",
                static (stub, taskId, _, options) => stub.TaskReloadVolumesAsync(new TaskReloadVolumesRequest { TaskId = taskId }, options),
                0,
                RetryRule.Router,
                attemptTimeout: limit,
                timeout: limit,
                both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (budget.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModalException(ModalErrorCode.Timeout, $"The volumes of sandbox {Id} were not reloaded within {limit.TotalSeconds:0.#} s. They may still be; try again, or give it more time.");
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            throw ModalErrors.SandboxEnded(Id, $"TaskReloadVolumes answered: {exception.Status.Detail}", exception);
        }
        catch (RpcException exception)
        {
            throw ModalErrors.FromRouter(exception, "TaskReloadVolumes", Id);
        }
    }
}
