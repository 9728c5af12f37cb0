using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Protocol;

namespace ModalAI.Rpc;

/// <summary>
/// Finds the way to one sandbox's command router and keeps it: from the create reply where that carried it, else looked up once for any
/// number of concurrent callers; renewed when the router refuses the token, whatever the token's own expiry says, or can't be reached. A router that has moved is dialled
/// at its new address.
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
    private RouterSession? _session = seed is not null && taskId is not null ? new RouterSession(channels, channels.AddressOf(seed.Url), taskId, seed.Jwt) : null;
    private LookUp? _pending;
    private string? _address = seed is not null && taskId is not null ? channels.AddressOf(seed.Url) : null;
    private string? _taskId = taskId;

    /// <summary>After how long a stream that nobody reads is let go.</summary>
    public TimeSpan IdleTimeout => channels.IdleTimeout;

    /// <summary>How long the router may be out of reach before a wait on it fails.</summary>
    public TimeSpan UnreachableTimeout => channels.UnreachableTimeout;

    /// <summary>The sandbox's task, once it is known.</summary>
    public string? TaskId => _taskId;

    /// <summary>The present session. Cancelling stops waiting, not the look-up that others share.</summary>
    public ValueTask<RouterSession> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _session is { } session ? ValueTask.FromResult(session) : new ValueTask<RouterSession>(LookUpOnce().WaitAsync(cancellationToken));
        }
    }

    /// <summary>The router refused this session's token: the next caller gets another one.</summary>
    public void Reject(RouterSession session)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_session, session))
            {
                // A look-up that is under way may bring a token as old as this one.
                _session = null;
                _pending = null;
            }
        }
    }

    /// <summary>
    /// The router of this session can't be reached: asks the control plane where it is now, once for all who ask. Where that can't be told, the session stays.
    /// </summary>
    /// <exception cref="ModalException">The sandbox has ended, or is not known.</exception>
    public async ValueTask<RouterSession> RenewAsync(RouterSession session, CancellationToken cancellationToken)
    {
        Task<RouterSession> pending;
        lock (_lock)
        {
            if (_session is { } present && !ReferenceEquals(present, session))
            {
                return present;
            }

            pending = LookUpOnce();
        }

        try
        {
            return await pending.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.IsTransient)
        {
            return session;
        }
    }

    /// <summary>The look-up that is under way, or a new one. For holders of the lock.</summary>
    private Task<RouterSession> LookUpOnce()
    {
        if (_pending is null)
        {
            var lookUp = _pending = new LookUp();
            lookUp.Result = Task.Run(() => ConnectAsync(lookUp), CancellationToken.None);

            // All who wait may have left before it fails.
            lookUp.Result.Observe();
        }

        return _pending.Result;
    }

    private async Task<RouterSession> ConnectAsync(LookUp lookUp)
    {
        try
        {
            var (taskId, url, jwt) = isV2 ? await LookUpV2Async().ConfigureAwait(false) : await LookUpV1Async().ConfigureAwait(false);
            Log.RouterAccess(logger, taskId, url);
            var session = new RouterSession(channels, channels.AddressOf(url), taskId, jwt);
            string? left = null;
            lock (_lock)
            {
                if (ReferenceEquals(_pending, lookUp))
                {
                    left = _address == session.Address ? null : _address;
                    _taskId = taskId;
                    _session = session;
                    _address = session.Address;
                    _pending = null;
                }
            }

            if (left is not null)
            {
                Log.RouterMoved(logger, taskId, left, session.Address);
                channels.Retire(left);
            }

            return session;
        }
        catch
        {
            lock (_lock)
            {
                if (ReferenceEquals(_pending, lookUp))
                {
                    _pending = null;
                }
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

        var request = new SandboxGetTaskIdRequest();
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            var isLast = timeProvider.GetElapsedTime(started) + PollInterval >= timeout;
            try
            {
                var response = await AskForTaskAsync(request, timeout: null, cancellationToken).ConfigureAwait(false);
                if (response.TaskId.Length > 0)
                {
                    return response.TaskId;
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

    /// <summary>Asks once for the sandbox's task, and remembers it (RPC SandboxGetTaskId, SandboxGetTaskIdV2).</summary>
    /// <param name="request">How long Modal waits for what; the sandbox is filled in.</param>
    /// <param name="timeout">For the call; null for <see cref="ModalClientOptions.RequestTimeout"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<SandboxGetTaskIdResponse> AskForTaskAsync(SandboxGetTaskIdRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        request.SandboxId = sandboxId;
        var response = isV2
            ? await controlPlane.CallAsync("SandboxGetTaskIdV2", static (stub, request, options) => stub.SandboxGetTaskIdV2Async(request, options), request, timeout, cancellationToken).ConfigureAwait(false)
            : await controlPlane.CallAsync("SandboxGetTaskId", static (stub, request, options) => stub.SandboxGetTaskIdAsync(request, options), request, timeout, cancellationToken).ConfigureAwait(false);
        if (response.TaskId.Length > 0)
        {
            _taskId = response.TaskId;
        }

        return response;
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

    /// <summary>One look-up; one that was overtaken is known by being another object.</summary>
    private sealed class LookUp
    {
        public Task<RouterSession> Result { get; set; } = null!;
    }
}
