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
internal sealed class SharedSlot(LeasingContext context, SandboxMaker maker, ISnapshotStore store, string name, bool isOfKey) : ManagedSlot(context)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly NamedSandbox _named = new(context, name);
    private readonly string _storeKey = $"{context.Options.Environment}/{context.Options.AppName}/{name}";
    private int _users;
    private string? _endedHere;

    public bool IsIdle => Volatile.Read(ref _users) == 0;

    /// <summary>Whether a new slot of the same name would do as well.</summary>
    public bool IsSpare => isOfKey && IsIdle && IsForgettable;

    protected override CancellationToken Ending => Context.Stopping;

    public void Enter() => Interlocked.Increment(ref _users);

    public override Task ReleaseAsync()
    {
        Interlocked.Decrement(ref _users);
        return Task.CompletedTask;
    }

    /// <summary>Gives back the place of a sandbox that nobody holds and that has ended.</summary>
    public Task TrimAsync() => StepAsync(() => IsIdle ? DropIfEndedAsync() : Task.CompletedTask, Ending);

    /// <summary>Lets go of the sandbox, which lives on.</summary>
    public Task LeaveAsync() => StepAsync(DetachAsync, CancellationToken.None);

    protected override async Task<(HeldSandbox Held, ModalSandboxReplacement? Replacement)> FindOrMakeAsync(EndedSandbox? previous)
    {
        var started = Context.Time.GetTimestamp();

        // Where GPUs are, Modal does not find what has ended.
        var alsoEnded = isOfKey && previous is null && Context.Client.UsesV2 && string.IsNullOrEmpty(Context.Options.Gpu);
        while (true)
        {
            var (verdict, sandbox, tags, ended) = await _named.FindAsync(alsoEnded, id => id == _endedHere).ConfigureAwait(false);
            if (verdict == NamedSandboxVerdict.Use)
            {
                Log.SandboxReused(Context.Logger, sandbox!.Id);
                var place = await Context.Limits.TakePlaceAsync(Ending).ConfigureAwait(false);
                return (new HeldSandbox(sandbox, tags!, place, started), Replacing(previous, sandbox.Id, restoredFrom: null));
            }

            previous ??= ended;
            if (verdict == NamedSandboxVerdict.Wait)
            {
                await WaitAsync(started, $"Sandbox '{name}' is being set up or ended by another process, and").ConfigureAwait(false);
                continue;
            }

            var stored = await FindStoredAsync().ConfigureAwait(false);

            // What was stopped is continued, as often as anybody likes.
            var isLoss = previous is { WasTerminated: false } || (previous is not null && stored is null);
            if (isLoss)
            {
                Budget.ThrowIfSpent();
            }

            if (verdict == NamedSandboxVerdict.Differs)
            {
                await TerminateAsync(new HeldSandbox(sandbox!, tags!, SandboxPlace.Kept, started)).ConfigureAwait(false);
            }

            try
            {
                var held = await MakeAsync(stored is null ? null : ModalImage.FromId(stored.ImageId), place: null).ConfigureAwait(false);
                if (isLoss)
                {
                    Budget.Spend();
                }

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

    protected override async Task<HeldSandbox> RemakeAsync(ModalImage snapshot, SandboxPlace? place)
    {
        var started = Context.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await MakeAsync(snapshot, place).ConfigureAwait(false);
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.AlreadyExists)
            {
                // The one that was ended has the name for a moment more, unless it is another one already.
                place = null;
                if (await _named.FindAsync(alsoEnded: false, id => id == _endedHere).ConfigureAwait(false) is { Sandbox: { } other })
                {
                    throw new ModalException(
                        ModalErrorCode.Conflict, $"Sandbox '{name}' was made anew by another process ({other.Id}) before it could be restored. Restore that one.", exception);
                }

                await WaitAsync(started, $"{exception.Message} It", exception).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends a sandbox that others may find by its name for some seconds more: its tags tell them to wait, and have it swept where ending it fails.</summary>
    protected override async Task TerminateAsync(HeldSandbox held)
    {
        var isTagged = held.Tags.ContainsKey(LeaseTags.Config) && await TryTagAsync(Ended(held.Tags)).ConfigureAwait(false);
        try
        {
            await held.Sandbox.TerminateAsync(CancellationToken.None).ConfigureAwait(false);
            _endedHere = held.Sandbox.Id;
        }
        catch when (isTagged)
        {
            await TryTagAsync(held.Tags).ConfigureAwait(false);
            throw;
        }

        Dictionary<string, string> Ended(IReadOnlyDictionary<string, string> tags)
        {
            var ended = new Dictionary<string, string>(tags, StringComparer.Ordinal) { [LeaseTags.Expires] = LeaseTags.ExpiresAt(Context.Time.GetUtcNow()) };
            ended.Remove(LeaseTags.Ready);
            return ended;
        }

        async Task<bool> TryTagAsync(IReadOnlyDictionary<string, string> tags)
        {
            try
            {
                await LeaseTags.SetAsync(held.Sandbox, tags, CancellationToken.None).ConfigureAwait(false);
                return true;
            }
            catch (ModalException)
            {
                // It may have ended, or can't be reached, which ending it will tell.
                return false;
            }
        }
    }

    private async Task<HeldSandbox> MakeAsync(ModalImage? snapshot, SandboxPlace? place)
    {
        place ??= await Context.Limits.TakePlaceAsync(Ending).ConfigureAwait(false);
        return await maker.MakeAsync(new SandboxSpec(name, snapshot, IsReused: true), place, Ending).ConfigureAwait(false);
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
        var limit = Context.CreateTimeout + Context.Options.SetupTimeout;
        if (Context.Time.GetElapsedTime(started) >= limit)
        {
            throw new ModalException(
                exception?.Code ?? ModalErrorCode.Timeout,
                $"{who} could not be used within {limit} ({nameof(ModalClientOptions.CreateTimeout)} of {nameof(ModalClientOptions)} and {nameof(Context.Options.SetupTimeout)} of {nameof(ModalSandboxOptions)}).",
                exception);
        }

        await Task.Delay(Pause, Context.Time, Ending).ConfigureAwait(false);
    }
}
