using ModalAI.Diagnostics;
using ModalAI.Rpc;

namespace ModalAI.Leasing;

/// <summary>
/// The sandbox of a name, which all leases of that name share, in this process and in others: found where one runs, made where none does. It lives on when nobody holds it.
/// </summary>
/// <param name="context">What all share.</param>
/// <param name="maker">Makes sandboxes.</param>
/// <param name="store">Remembers what was saved of stopped ones.</param>
/// <param name="name">The name.</param>
/// <param name="isOfKey">Whether it belongs to a key: then whoever comes back to it is told that the one they knew has ended, even in another process.</param>
internal sealed class SharedSlot(LeasingContext context, SandboxMaker maker, ISnapshotStore store, string name, bool isOfKey) : ManagedSlot(context, maker)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly NamedSandbox _named = new(context, name);
    private readonly string _storeKey = $"{context.Options.Environment}/{context.Options.AppName}/{name}";
    private int _users;

    public bool IsIdle => Volatile.Read(ref _users) == 0;

    public void Enter() => Interlocked.Increment(ref _users);

    public override Task ReleaseAsync()
    {
        Interlocked.Decrement(ref _users);
        return Task.CompletedTask;
    }

    /// <summary>Gives back the place of a sandbox that nobody holds and that has ended.</summary>
    public Task TrimAsync() => StepAsync(() => IsIdle ? DropIfEndedAsync() : Task.CompletedTask, CancellationToken.None);

    /// <summary>Lets go of the sandbox, which lives on.</summary>
    public Task LeaveAsync() => StepAsync(DetachAsync, CancellationToken.None);

    protected override async Task<(HeldSandbox Held, ModalSandboxReplacement? Replacement)> FindOrMakeAsync(EndedSandbox? previous)
    {
        var started = Context.Time.GetTimestamp();

        // Where GPUs are, Modal does not find what has ended.
        var alsoEnded = isOfKey && previous is null && Context.Client.UsesV2 && string.IsNullOrEmpty(Context.Options.Gpu);
        if (previous is not null)
        {
            CountReplacement();
        }

        while (true)
        {
            var (verdict, sandbox, tags, ended) = await _named.FindAsync(alsoEnded, WasEndedHere).ConfigureAwait(false);
            if (verdict == NamedSandboxVerdict.Use)
            {
                Log.SandboxReused(Context.Logger, sandbox!.Id);
                var place = await Context.Limits.TakePlaceAsync(CancellationToken.None).ConfigureAwait(false);
                return (new HeldSandbox(sandbox, tags!, place, started), Replacing(previous, sandbox.Id, restoredFrom: null));
            }

            previous ??= ended;
            if (verdict == NamedSandboxVerdict.Differs)
            {
                CountReplacement();
                NoteEnded(sandbox!.Id);
                await SandboxEnding.TerminateAsync(Context, sandbox).ConfigureAwait(false);
            }
            else if (verdict == NamedSandboxVerdict.Wait)
            {
                await WaitAsync(started, $"Sandbox '{name}' is being set up by another process, and").ConfigureAwait(false);
                continue;
            }

            var stored = await FindStoredAsync().ConfigureAwait(false);
            try
            {
                var held = await MakeAsync(stored is null ? null : ModalImage.FromId(stored.ImageId)).ConfigureAwait(false);
                return (held, Replacing(previous, held.Sandbox.Id, stored?.CreatedAt));
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.AlreadyExists)
            {
                // Another process was quicker, and its sandbox can be found once it runs; or one that was ended has the name for a moment more.
                alsoEnded = false;
                await WaitAsync(started, $"{exception.Message} It", exception).ConfigureAwait(false);
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound && stored is not null)
            {
                // What was saved is gone. If it is something else that is missing, the next round fails with that.
                Log.SavedImageLost(Context.Logger, exception, stored.ImageId);
                await store.RemoveAsync(_storeKey).ConfigureAwait(false);
            }
        }
    }

    protected override async Task<HeldSandbox> RemakeAsync(ModalImage snapshot)
    {
        var started = Context.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await MakeAsync(snapshot).ConfigureAwait(false);
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.AlreadyExists)
            {
                // The one that was ended has the name for a moment more.
                await WaitAsync(started, $"{exception.Message} It", exception).ConfigureAwait(false);
            }
        }
    }

    private async Task<HeldSandbox> MakeAsync(ModalImage? snapshot)
    {
        var place = await Context.Limits.TakePlaceAsync(CancellationToken.None).ConfigureAwait(false);
        return await Maker.MakeAsync(new SandboxSpec(name, snapshot, IsReused: true), place, CancellationToken.None).ConfigureAwait(false);
    }

    protected override Task SaveAsync(StoredSnapshot snapshot) => store.SetAsync(_storeKey, snapshot);

    protected override async Task ForgetSavedAsync()
    {
        if (await store.GetAsync(_storeKey).ConfigureAwait(false) is { } stored)
        {
            await store.RemoveAsync(_storeKey).ConfigureAwait(false);
            await SavedImages.DeleteAsync(Context, stored.ImageId).ConfigureAwait(false);
        }
    }

    private static ModalSandboxReplacement? Replacing(EndedSandbox? previous, string sandboxId, DateTimeOffset? restoredFrom) =>
        previous is null || previous.Id == sandboxId ? null : new ModalSandboxReplacement(previous.Id, sandboxId, previous.Reason, restoredFrom);

    private async Task<StoredSnapshot?> FindStoredAsync()
    {
        var stored = await store.GetAsync(_storeKey).ConfigureAwait(false);
        if (stored?.ConfigurationHash is null
            || stored.ConfigurationHash == await Context.GetConfigurationHashAsync().ConfigureAwait(false))
        {
            return stored;
        }

        switch (Context.Options.WhenConfigurationDiffers)
        {
            case ModalConfigurationDrift.Use:
                return stored;
            case ModalConfigurationDrift.Replace:
                await ForgetSavedAsync().ConfigureAwait(false);
                return null;
            default:
                throw NamedSandbox.Differs($"What was saved of sandbox '{name}' at {stored.CreatedAt:u}");
        }
    }

    private async Task WaitAsync(long started, string who, ModalException? exception = null)
    {
        var client = Context.Client.Options;
        var limit = client.CreateTimeout + Context.Options.SetupTimeout + (string.IsNullOrEmpty(Context.Options.Gpu) ? TimeSpan.Zero : client.SchedulingTimeout);
        if (Context.Time.GetElapsedTime(started) >= limit)
        {
            throw new ModalException(
                exception?.Code ?? ModalErrorCode.Timeout,
                $"{who} could not be used within {limit} ({nameof(client.CreateTimeout)} of {nameof(ModalClientOptions)} and {nameof(Context.Options.SetupTimeout)} of {nameof(ModalSandboxOptions)}).",
                exception);
        }

        await Task.Delay(Pause, Context.Time, CancellationToken.None).ConfigureAwait(false);
    }
}
