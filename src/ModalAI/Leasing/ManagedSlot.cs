using System.Diagnostics.CodeAnalysis;
using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>A sandbox that is started, stopped, continued, replaced and ended here, one step at a time.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "Nothing is held by a semaphore whose wait handle nobody asks for.")]
internal abstract class ManagedSlot(LeasingContext context, SandboxMaker maker) : ISandboxSlot
{
    /// <summary>How long a sandbox that was seen running is taken to run on: asking each time would cost every lease a round trip.</summary>
    private static readonly TimeSpan TrustedFor = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _step = new(1, 1);
    private readonly Queue<long> _replacements = new();
    private Task<ModalSandbox>? _starting;
    private HeldSandbox? _held;
    private string? _endedHere;
    private long _seen;
    private bool _isDoubted;

    public event EventHandler<ModalSandboxReplacement>? Replaced;

    public ModalSandboxLifecycle Status { get; private set; }

    public ModalSandboxReplacement? Replacement { get; private set; }

    public ModalSandbox? Current => _held?.Sandbox;

    protected LeasingContext Context => context;

    protected SandboxMaker Maker => maker;

    public async Task<ModalSandbox> EnsureRunningAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<ModalSandbox> starting;
        lock (_lock)
        {
            if (_starting is null)
            {
                if (_held is { } known && Status == ModalSandboxLifecycle.Running && !_isDoubted && context.Time.GetElapsedTime(_seen) < TrustedFor)
                {
                    return known.Sandbox;
                }

                // All who wait may have left before it fails.
                _starting = Task.Run(StartCoreAsync, CancellationToken.None);
                _starting.Observe();
            }

            starting = _starting;
        }

        return await starting.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Doubt(string sandboxId)
    {
        if (Current?.Id == sandboxId)
        {
            _isDoubted = true;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => StepAsync(
        async () =>
        {
            if (Status == ModalSandboxLifecycle.Stopped)
            {
                return;
            }

            var held = Require();
            Status = ModalSandboxLifecycle.Stopping;
            try
            {
                await SandboxEnding.RunHookAsync(context, context.Options.OnStop, nameof(context.Options.OnStop), held.Sandbox).ConfigureAwait(false);
                await SnapshotAsync(held, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                Status = ModalSandboxLifecycle.Running;
                throw;
            }

            await EndAsync(held, withHook: false).ConfigureAwait(false);
            Status = ModalSandboxLifecycle.Stopped;
        },
        cancellationToken);

    public Task DestroyAsync(CancellationToken cancellationToken) => StepAsync(DestroyCoreAsync, cancellationToken);

    public Task RestoreAsync(ModalImage image, CancellationToken cancellationToken) => StepAsync(
        async () =>
        {
            // Known before anything is ended.
            await context.Client.Images.GetAsync(image.Id!, cancellationToken).ConfigureAwait(false);
            var previous = _held;
            Status = ModalSandboxLifecycle.Starting;
            if (previous is not null)
            {
                await EndAsync(previous, withHook: false).ConfigureAwait(false);
            }

            await TryStartAsync(async () =>
            {
                _held = await RemakeAsync(image).ConfigureAwait(false);
                Tell(previous is null ? null : new ModalSandboxReplacement(previous.Sandbox.Id, _held.Sandbox.Id, "was ended to restore a checkpoint", context.Time.GetUtcNow()));
            }).ConfigureAwait(false);
        },
        cancellationToken);

    public abstract Task ReleaseAsync();

    /// <summary>The sandbox, for which something else has been done already, such as making it.</summary>
    protected void Accept(HeldSandbox held)
    {
        _held = held;
        Status = ModalSandboxLifecycle.Running;
        _seen = context.Time.GetTimestamp();
    }

    protected Task StepAsync(Func<Task> step, CancellationToken cancellationToken) =>
        StepAsync(
            async () =>
            {
                await step().ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    protected async Task<T> StepAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken)
    {
        await _step.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await step().ConfigureAwait(false);
        }
        finally
        {
            _step.Release();
        }
    }

    protected async Task DestroyCoreAsync()
    {
        if (_held is { } held)
        {
            Status = ModalSandboxLifecycle.Destroying;
            await EndAsync(held, withHook: true).ConfigureAwait(false);
        }

        await ForgetSavedAsync().ConfigureAwait(false);
        Status = ModalSandboxLifecycle.Destroyed;
    }

    /// <summary>Lets go of the sandbox, which runs on.</summary>
    protected async Task DetachAsync()
    {
        if (_held is { } held)
        {
            await SandboxEnding.LetGoAsync(context, held).ConfigureAwait(false);
            _held = null;
        }

        Status = ModalSandboxLifecycle.Pending;
    }

    /// <summary>Gives back the place of a sandbox that has ended, where that can be told.</summary>
    /// <returns>Whether there is none any more.</returns>
    protected async Task<bool> DropIfEndedAsync()
    {
        if (_held is { } held && await EndOf(held).ConfigureAwait(false) is not null)
        {
            await SandboxEnding.LetGoAsync(context, held).ConfigureAwait(false);
            _held = null;
            Status = ModalSandboxLifecycle.Pending;
        }

        return _held is null;
    }

    /// <summary>Finds a sandbox that runs already, or makes one, where none is known that runs.</summary>
    /// <param name="previous">The one that has ended; null where there was none.</param>
    protected abstract Task<(HeldSandbox Held, ModalSandboxReplacement? Replacement)> FindOrMakeAsync(EndedSandbox? previous);

    /// <summary>Makes a sandbox in the place of one that was ended just now.</summary>
    /// <param name="snapshot">What it continues from.</param>
    protected abstract Task<HeldSandbox> RemakeAsync(ModalImage snapshot);

    /// <summary>Whether a sandbox was ended here: Modal may say for some seconds that it runs.</summary>
    protected bool WasEndedHere(string sandboxId) => sandboxId == _endedHere;

    /// <summary>Takes note that a sandbox was ended here.</summary>
    protected void NoteEnded(string sandboxId) => _endedHere = sandboxId;

    protected abstract Task SaveAsync(StoredSnapshot snapshot);

    protected abstract Task ForgetSavedAsync();

    /// <exception cref="ModalException"><see cref="ModalErrorCode.ResourceExhausted"/>: it was replaced too often.</exception>
    protected void CountReplacement()
    {
        var window = TimeSpan.FromHours(1);
        while (_replacements.TryPeek(out var first) && context.Time.GetElapsedTime(first) >= window)
        {
            _replacements.Dequeue();
        }

        if (_replacements.Count >= context.Options.MaxReplacementsPerHour)
        {
            throw new ModalException(
                ModalErrorCode.ResourceExhausted,
                $"The sandbox has ended {_replacements.Count + 1} times within an hour and is not replaced again so soon. Find out what ends it (its lifetime, its idle limit, memory), "
                + $"or raise {nameof(context.Options.MaxReplacementsPerHour)} of {nameof(ModalSandboxOptions)}.");
        }

        _replacements.Enqueue(context.Time.GetTimestamp());
    }

    private Task<ModalSandbox> StartCoreAsync() => StepAsync(
        async () =>
        {
            try
            {
                EndedSandbox? previous = null;
                if (_held is { } known)
                {
                    if (await EndOf(known).ConfigureAwait(false) is not { } reason)
                    {
                        Accept(known);
                        return known.Sandbox;
                    }

                    Log.SandboxReplaced(context.Logger, known.Sandbox.Id);
                    previous = new EndedSandbox(known.Sandbox.Id, reason);
                    await SandboxEnding.LetGoAsync(context, known).ConfigureAwait(false);
                    _held = null;
                }

                Status = ModalSandboxLifecycle.Starting;
                await TryStartAsync(async () =>
                {
                    (_held, var replacement) = await FindOrMakeAsync(previous).ConfigureAwait(false);
                    Tell(replacement);
                }).ConfigureAwait(false);
                return _held!.Sandbox;
            }
            finally
            {
                lock (_lock)
                {
                    _starting = null;
                }
            }
        },
        CancellationToken.None);

    private async Task TryStartAsync(Func<Task> start)
    {
        try
        {
            await start().ConfigureAwait(false);
            Accept(_held!);
            _isDoubted = false;
        }
        catch
        {
            Status = ModalSandboxLifecycle.Error;
            throw;
        }
    }

    private void Tell(ModalSandboxReplacement? replacement)
    {
        Replacement = replacement;
        if (replacement is null)
        {
            return;
        }

        try
        {
            Replaced?.Invoke(this, replacement);
        }
        catch (Exception exception)
        {
            // A listener's fault is not the sandbox's.
            Log.HookFailed(context.Logger, exception, nameof(Replaced), replacement.SandboxId);
        }
    }

    private async Task EndAsync(HeldSandbox held, bool withHook)
    {
        NoteEnded(held.Sandbox.Id);
        await SandboxEnding.EndAsync(context, held, withHook).ConfigureAwait(false);
        _held = null;
    }

    private HeldSandbox Require() =>
        _held ?? throw new InvalidOperationException($"There is no running sandbox: it is {Status}. Start it first.");

    private async Task SnapshotAsync(HeldSandbox held, CancellationToken cancellationToken)
    {
        var now = context.Time.GetUtcNow();
        var lifetime = context.Options.SnapshotLifetime;
        var image = await held.Sandbox.SnapshotFilesystemAsync(new ModalSnapshotOptions { TimeToLive = lifetime }, cancellationToken).ConfigureAwait(false);
        held.Tags.TryGetValue(LeaseTags.Config, out var configuration);
        try
        {
            await SaveAsync(new StoredSnapshot(image.Id!, now, now + lifetime, configuration)).ConfigureAwait(false);
        }
        catch
        {
            await SavedImages.DeleteAsync(context, image.Id!).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How a sandbox ended, as the end of a sentence; null while it runs.</summary>
    private async Task<string?> EndOf(HeldSandbox held)
    {
        try
        {
            return await held.Sandbox.PollAsync(CancellationToken.None).ConfigureAwait(false) is { } exit ? EndedSandbox.Describe(exit) : null;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            // Modal forgets sandboxes that ended long ago.
            return "ended long ago";
        }
        finally
        {
            _isDoubted = false;
        }
    }
}
