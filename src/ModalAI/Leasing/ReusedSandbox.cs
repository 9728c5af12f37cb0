using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Rpc;

namespace ModalAI.Leasing;

/// <summary>
/// The one sandbox that all leases of a registration share: found by its id or its name, created when there is none of that name, and replaced when it has
/// ended. Concurrent callers share one look-up.
/// </summary>
internal sealed class ReusedSandbox(ModalClient client, ModalSandboxOptions options)
{
    /// <summary>How long a sandbox that was seen running is taken to run on: asking each time would cost every lease a round trip.</summary>
    private static readonly TimeSpan TrustedFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RacePause = TimeSpan.FromMilliseconds(100);

    private readonly ILogger _logger = client.LoggerFor<IModalSandboxFactory>();
    private readonly Lock _lock = new();
    private Task<ModalSandbox>? _pending;
    private ModalSandbox? _sandbox;
    private long _seen;

    /// <summary>The sandbox. Cancelling stops waiting, not the look-up or creation that others share.</summary>
    public async Task<ModalSandbox> GetAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<ModalSandbox> pending;
        lock (_lock)
        {
            if (_pending is null)
            {
                if (_sandbox is { } known && client.TimeProvider.GetElapsedTime(_seen) < TrustedFor)
                {
                    return known;
                }

                // All who wait may have left before it fails.
                _pending = Task.Run(RenewAsync, CancellationToken.None);
                _pending.Observe();
            }

            pending = _pending;
        }

        return await pending.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<ModalSandbox> RenewAsync()
    {
        try
        {
            var sandbox = await FindRunningAsync(_sandbox).ConfigureAwait(false);
            lock (_lock)
            {
                _sandbox = sandbox;
                _seen = client.TimeProvider.GetTimestamp();
                _pending = null;
            }

            return sandbox;
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

    private async Task<ModalSandbox> FindRunningAsync(ModalSandbox? known)
    {
        if (known is not null)
        {
            if (await IsStillRunningAsync(known, CancellationToken.None).ConfigureAwait(false))
            {
                return known;
            }

            Log.SandboxReplaced(_logger, known.Id);
        }

        return options.SandboxId is { } id
            ? await AttachAsync(id, CancellationToken.None).ConfigureAwait(false)
            : await FindOrCreateAsync(options.Name!, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<ModalSandbox> AttachAsync(string id, CancellationToken cancellationToken)
    {
        var sandbox = Handle(id);
        try
        {
            return await IsRunningAsync(sandbox, cancellationToken).ConfigureAwait(false)
                ? Reuse(sandbox)
                : throw ModalErrors.SandboxEnded(id, "it can't be replaced, since SandboxId of ModalSandboxOptions names this very one; set Name instead");
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"Sandbox '{id}' was not found. Correct SandboxId of ModalSandboxOptions, or set Name instead.");
        }
    }

    private async Task<ModalSandbox> FindOrCreateAsync(string name, CancellationToken cancellationToken)
    {
        var started = client.TimeProvider.GetTimestamp();
        while (true)
        {
            if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is { } existing)
            {
                return existing;
            }

            try
            {
                return await SandboxCreation.CreateAsync(client, options, cancellationToken).ConfigureAwait(false);
            }
            catch (ModalException exception)
                when (exception.Code == ModalErrorCode.AlreadyExists && client.TimeProvider.GetElapsedTime(started) < client.Options.CreateTimeout)
            {
                // Another process was quicker, and its sandbox is the one: it can be found once it runs.
                await Task.Delay(RacePause, client.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<ModalSandbox?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var id = await client.Sandboxes.GetIdByNameAsync(options.AppName, name, options.Environment, includeTerminated: false, cancellationToken).ConfigureAwait(false);
            return Reuse(Handle(id));
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            return null;
        }
    }

    private ModalSandbox Handle(string id) =>
        client.Sandboxes.Get(id, new() { Name = options.Name, Environment = options.Environment, CommandTimeout = options.EffectiveCommandTimeout });

    private ModalSandbox Reuse(ModalSandbox sandbox)
    {
        Log.SandboxReused(_logger, sandbox.Id);
        return sandbox;
    }

    private static async Task<bool> IsStillRunningAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        try
        {
            return await IsRunningAsync(sandbox, cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            // Modal forgets sandboxes that ended long ago.
            return false;
        }
    }

    private static async Task<bool> IsRunningAsync(ModalSandbox sandbox, CancellationToken cancellationToken) =>
        await sandbox.PollAsync(cancellationToken).ConfigureAwait(false) is null;
}
