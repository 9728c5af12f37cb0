using System.Diagnostics.CodeAnalysis;
using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>A sandbox that is started, stopped, continued, replaced and ended here, one step at a time.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "Nothing is held by a semaphore whose wait handle nobody asks for.")]
internal abstract class ManagedSlot(LeasingContext context) : ISandboxSlot
{
    /// <summary>How long a sandbox that was seen running is taken to run on: asking each time would cost every lease a round trip.</summary>
    private static readonly TimeSpan TrustedFor = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _step = new(1, 1);
    private readonly ReplacementBudget _budget = new(context.Options, context.Time);
    private Task<ModalSandbox>? _starting;
    private HeldSandbox? _held;
    private EndedSandbox? _lost;
    private long _seen;
    private bool _isDoubted;

    public event EventHandler<ModalSandboxReplacement>? Replaced;

    public ModalSandboxLifecycle Status { get; private set; }

    public ModalSandboxReplacement? Replacement { get; private set; }

    public ModalSandbox? Current => _held?.Sandbox;

    protected LeasingContext Context => context;

    protected ReplacementBudget Budget => _budget;

    /// <summary>Cancelled when nobody is to get a sandbox from here any more.</summary>
    protected abstract CancellationToken Ending { get; }

    /// <summary>Whether nothing is under way, and nothing is known that somebody is to be told.</summary>
    protected bool IsForgettable
    {
        get
        {
            lock (_lock)
            {
                return _starting is null && _step.CurrentCount == 1 && _held is null && _lost is null && _budget.IsUnused;
            }
        }
    }

    public async Task<ModalSandbox> EnsureRunningAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<ModalSandbox> starting;
        lock (_lock)
        {
            if (_starting is null)
            {
                if (_held is { Sandbox.IsDetached: false } known && Status == ModalSandboxLifecycle.Running && !_isDoubted && context.Time.GetElapsedTime(_seen) < TrustedFor)
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
            await StepFromAsync(held, ModalSandboxLifecycle.Stopping, async () =>
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Ending);
                await SandboxEnding.RunHookAsync(context, context.Options.OnStop, nameof(context.Options.OnStop), held.Sandbox).ConfigureAwait(false);
                await SnapshotAsync(held, either.Token).ConfigureAwait(false);
                await EndAsync(held, withHook: false).ConfigureAwait(false);
            }).ConfigureAwait(false);
            Status = ModalSandboxLifecycle.Stopped;
        },
        cancellationToken);

    public Task DestroyAsync(CancellationToken cancellationToken) => StepAsync(
        async () =>
        {
            if (_held is { } held)
            {
                await StepFromAsync(held, ModalSandboxLifecycle.Destroying, () => EndAsync(held, withHook: true)).ConfigureAwait(false);
            }

            _lost = null;
            Status = ModalSandboxLifecycle.Destroyed;
            await ForgetSavedAsync().ConfigureAwait(false);
        },
        cancellationToken);

    public Task RestoreAsync(ModalImage image, CancellationToken cancellationToken) => StepAsync(
        async () =>
        {
            // Known before anything is ended.
            await context.Client.Images.GetAsync(image.Id!, cancellationToken).ConfigureAwait(false);
            SandboxPlace? place = null;
            if (_held is { } held)
            {
                // Its place is the next one's: where all are taken, somebody else would get it.
                place = held.Place;
                await StepFromAsync(held, ModalSandboxLifecycle.Starting, () => EndAsync(held with { Place = SandboxPlace.Kept }, withHook: true)).ConfigureAwait(false);
                _lost = new EndedSandbox(held.Sandbox.Id, "was ended to restore a checkpoint");
            }

            await TryStartAsync(async () =>
            {
                var remade = await RemakeAsync(image, place).ConfigureAwait(false);
                return (remade, _lost is null ? null : new ModalSandboxReplacement(_lost.Id, remade.Sandbox.Id, _lost.Reason, context.Time.GetUtcNow()));
            }).ConfigureAwait(false);
        },
        cancellationToken);

    public abstract Task ReleaseAsync();

    /// <summary>The sandbox, which was made or found already.</summary>
    protected void Accept(HeldSandbox held)
    {
        _held = held;
        Status = ModalSandboxLifecycle.Running;
        _seen = context.Time.GetTimestamp();
    }

    protected async Task StepAsync(Func<Task> step, CancellationToken cancellationToken)
    {
        await _step.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await step().ConfigureAwait(false);
        }
        finally
        {
            _step.Release();
        }
    }

    /// <summary>Ends the sandbox, where there is one, whatever comes of it: a failure is logged.</summary>
    protected async Task EndQuietlyAsync()
    {
        if (_held is { } held)
        {
            Status = ModalSandboxLifecycle.Destroying;
            await SandboxEnding.EndAsync(context, held, withHook: true).ConfigureAwait(false);
            _held = null;
        }

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

    /// <summary>Gives back the place of a sandbox that has ended; whoever comes next is told.</summary>
    protected async Task DropIfEndedAsync()
    {
        if (_held is { } held && await EndOf(held).ConfigureAwait(false) is { } ended)
        {
            await LoseAsync(held, ended).ConfigureAwait(false);
            Status = ModalSandboxLifecycle.Pending;
        }
    }

    /// <summary>Finds a sandbox that runs already, or makes one, where none is known that runs.</summary>
    /// <param name="previous">The one that has ended, which nobody has been told yet; null where there was none.</param>
    protected abstract Task<(HeldSandbox Held, ModalSandboxReplacement? Replacement)> FindOrMakeAsync(EndedSandbox? previous);

    /// <summary>Makes a sandbox in the place of one that was ended just now.</summary>
    /// <param name="snapshot">What it continues from.</param>
    /// <param name="place">The place that it takes; null where it has to wait for one.</param>
    protected abstract Task<HeldSandbox> RemakeAsync(ModalImage snapshot, SandboxPlace? place);

    protected abstract Task SaveAsync(StoredSnapshot snapshot);

    protected abstract Task ForgetSavedAsync();

    /// <summary>Ends the present sandbox, and lets a failure through: then it is there still.</summary>
    protected abstract Task TerminateAsync(HeldSandbox held);

    private async Task<ModalSandbox> StartCoreAsync()
    {
        try
        {
            ModalSandbox? running = null;
            await StepAsync(async () => running = await StartStepAsync().ConfigureAwait(false), Ending).ConfigureAwait(false);
            return running!;
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(ModalSandboxLease));
        }
        finally
        {
            lock (_lock)
            {
                _starting = null;
            }
        }
    }

    private async Task<ModalSandbox> StartStepAsync()
    {
        if (_held is { } known)
        {
            known = Reattach(known);
            if (await EndOf(known).ConfigureAwait(false) is not { } ended)
            {
                Accept(known);
                return known.Sandbox;
            }

            await LoseAsync(known, ended).ConfigureAwait(false);
        }

        Status = ModalSandboxLifecycle.Starting;
        await TryStartAsync(() => FindOrMakeAsync(_lost)).ConfigureAwait(false);
        return _held!.Sandbox;
    }

    /// <summary>A holder may have disposed of the object that all share: the sandbox is none the worse for it.</summary>
    private HeldSandbox Reattach(HeldSandbox held)
    {
        if (!held.Sandbox.IsDetached)
        {
            return held;
        }

        var options = context.Options;
        var sandbox = context.Client.Sandboxes.Get(
            held.Sandbox.Id, new() { Name = held.Sandbox.Name, Environment = options.Environment, CommandTimeout = options.EffectiveCommandTimeout });
        sandbox.KeptTags = held.Sandbox.KeptTags;
        var attached = held with { Sandbox = sandbox };
        if (context.Held.Contains(sandbox.Id))
        {
            context.Held.Add(attached);
        }

        return attached;
    }

    private async Task TryStartAsync(Func<Task<(HeldSandbox Held, ModalSandboxReplacement? Replacement)>> start)
    {
        try
        {
            var (held, replacement) = await start().ConfigureAwait(false);
            Accept(held);
            _isDoubted = false;
            _lost = null;
            Tell(replacement);
        }
        catch
        {
            Status = ModalSandboxLifecycle.Error;
            throw;
        }
    }

    /// <summary>Takes a step that ends the sandbox. When it fails, the sandbox is taken to run on, until somebody looks.</summary>
    private async Task StepFromAsync(HeldSandbox held, ModalSandboxLifecycle status, Func<Task> step)
    {
        Status = status;
        try
        {
            await step().ConfigureAwait(false);
        }
        catch
        {
            _held = held;
            Status = ModalSandboxLifecycle.Running;
            _isDoubted = true;
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

        Log.SandboxReplaced(context.Logger, replacement.PreviousId, replacement.SandboxId, replacement.Reason);
        foreach (var listener in Replaced?.GetInvocationList() ?? [])
        {
            try
            {
                ((EventHandler<ModalSandboxReplacement>)listener)(this, replacement);
            }
            catch (Exception exception)
            {
                // A listener's fault is not the sandbox's, nor that of the other listeners.
                Log.HookFailed(context.Logger, exception, nameof(Replaced), replacement.SandboxId);
            }
        }
    }

    private async Task LoseAsync(HeldSandbox held, EndedSandbox ended)
    {
        _lost = ended;
        await SandboxEnding.LetGoAsync(context, held).ConfigureAwait(false);
        _held = null;
    }

    private async Task EndAsync(HeldSandbox held, bool withHook)
    {
        await SandboxEnding.EndAsync(context, held, withHook, TerminateAsync).ConfigureAwait(false);
        _held = null;
    }

    private HeldSandbox Require() =>
        _held is { } held ? Reattach(held) : throw new InvalidOperationException($"There is no running sandbox: it is {Status}. Start it first.");

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

    /// <summary>How a sandbox ended; null while it runs.</summary>
    private async Task<EndedSandbox?> EndOf(HeldSandbox held)
    {
        EndedSandbox? ended;
        try
        {
            var exit = await held.Sandbox.PollAsync(CancellationToken.None).ConfigureAwait(false);
            exit ??= _isDoubted ? await DoubtedSandbox.FindExitAsync(held.Sandbox).ConfigureAwait(false) : null;
            ended = exit is null ? null : EndedSandbox.From(held.Sandbox.Id, exit);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            // Modal forgets sandboxes that ended long ago.
            ended = new EndedSandbox(held.Sandbox.Id, "ended long ago");
        }

        _isDoubted = false;
        return ended;
    }
}
