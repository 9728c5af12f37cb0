using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Protocol;

namespace ModalAI.Rpc;

/// <summary>
/// Finds the way to one sandbox's command router and keeps it: from the create reply where that carried it, else looked up once for any
/// number of concurrent callers; renewed when the router refuses the token, whatever the token's own expiry says.
/// </summary>
internal sealed class RouterAccess(
    string sandboxId,
    bool isV2,
    string? taskId,
    CommandRouterAccess? seed,
    ControlPlane controlPlane,
    RouterChannels channels,
    TimeProvider timeProvider,
    ILogger logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TaskTimeout = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private RouterSession? _session = seed is not null && taskId is not null ? new RouterSession(channels.Get(seed.Url), taskId, seed.Jwt) : null;
    private Task<RouterSession>? _pending;
    private string? _taskId = taskId;

    /// <summary>The present session. Cancelling stops waiting, not the look-up that others share.</summary>
    public ValueTask<RouterSession> GetAsync(CancellationToken cancellationToken)
    {
        Task<RouterSession> pending;
        lock (_lock)
        {
            if (_session is { } session)
            {
                return ValueTask.FromResult(session);
            }

            if (_pending is null)
            {
                // All who wait may have left before it fails.
                _pending = Task.Run(ConnectAsync, CancellationToken.None);
                _pending.Observe();
            }

            pending = _pending;
        }

        return new ValueTask<RouterSession>(pending.WaitAsync(cancellationToken));
    }

    /// <summary>The router refused this session's token: the next caller gets another one.</summary>
    public void Reject(RouterSession session)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_session, session))
            {
                _session = null;
            }
        }
    }

    private async Task<RouterSession> ConnectAsync()
    {
        try
        {
            var (taskId, url, jwt) = isV2 ? await LookUpV2Async().ConfigureAwait(false) : await LookUpV1Async().ConfigureAwait(false);
            Log.RouterAccess(logger, taskId, url);
            var session = new RouterSession(channels.Get(url), taskId, jwt);
            lock (_lock)
            {
                _taskId = taskId;
                _session = session;
                _pending = null;
            }

            return session;
        }
        catch
        {
            lock (_lock)
            {
                _pending = null;
            }

            throw;
        }
    }

    private async Task<(string TaskId, string Url, string Jwt)> LookUpV2Async()
    {
        // The router's access needs no task id on V2: both are asked for at once.
        var access = controlPlane.CallAsync(
            "SandboxGetCommandRouterAccess",
            static (stub, request, options) => stub.SandboxGetCommandRouterAccessAsync(request, options),
            new SandboxGetCommandRouterAccessRequest { SandboxId = sandboxId },
            CancellationToken.None);
        string task;
        try
        {
            task = await GetTaskIdAsync(TaskTimeout, throughFailures: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            access.Observe();
            throw;
        }

        var response = await EndedAware(access).ConfigureAwait(false);
        return (task, response.Url, response.Jwt);
    }

    private async Task<(string TaskId, string Url, string Jwt)> LookUpV1Async()
    {
        var task = await GetTaskIdAsync(TaskTimeout, throughFailures: false, CancellationToken.None).ConfigureAwait(false);
        var response = await EndedAware(controlPlane.CallAsync(
            "TaskGetCommandRouterAccess",
            static (stub, request, options) => stub.TaskGetCommandRouterAccessAsync(request, options),
            new TaskGetCommandRouterAccessRequest { TaskId = task },
            CancellationToken.None)).ConfigureAwait(false);
        return (task, response.Url, response.Jwt);
    }

    /// <summary>Waits until the sandbox has a task (RPC SandboxGetTaskId, SandboxGetTaskIdV2).</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="throughFailures">Whether a look-up that fails for a passing reason is made again until then.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">It ended before, or got none in time.</exception>
    public async Task<string> GetTaskIdAsync(TimeSpan timeout, bool throughFailures, CancellationToken cancellationToken)
    {
        if (_taskId is { Length: > 0 } known)
        {
            return known;
        }

        var request = new SandboxGetTaskIdRequest { SandboxId = sandboxId };
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            var isLast = timeProvider.GetElapsedTime(started) + PollInterval >= timeout;
            try
            {
                var response = isV2
                    ? await controlPlane.CallAsync("SandboxGetTaskIdV2", static (stub, request, options) => stub.SandboxGetTaskIdV2Async(request, options), request, cancellationToken).ConfigureAwait(false)
                    : await controlPlane.CallAsync("SandboxGetTaskId", static (stub, request, options) => stub.SandboxGetTaskIdAsync(request, options), request, cancellationToken).ConfigureAwait(false);
                if (response.TaskId.Length > 0)
                {
                    return _taskId = response.TaskId;
                }

                if (response.TaskResult is { } result)
                {
                    throw ModalErrors.SandboxEnded(sandboxId, result.Exception);
                }
            }
            catch (ModalException exception)
                when (throughFailures && (exception.Code is ModalErrorCode.Unavailable or ModalErrorCode.Timeout || (exception.Code == ModalErrorCode.Internal && !isLast)))
            {
                // The sandbox stays queued whether or not we hear of it.
            }

            if (isLast)
            {
                throw new ModalException(
                    ModalErrorCode.ResourceExhausted,
                    $"Sandbox {sandboxId} was not scheduled within {timeout.TotalSeconds:0} s. Modal may lack capacity for what it asks for: try another GPU, region or a later time.");
            }

            await Task.Delay(PollInterval, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> EndedAware<T>(Task<T> access)
    {
        try
        {
            return await access.ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.Conflict)
        {
            throw ModalErrors.SandboxEnded(sandboxId, "its command router is not available", exception);
        }
    }
}
