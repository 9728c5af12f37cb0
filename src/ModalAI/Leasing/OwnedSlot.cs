namespace ModalAI.Leasing;

/// <summary>A sandbox of one lease alone; it ends with the lease, and what was saved of it does too.</summary>
internal sealed class OwnedSlot : ManagedSlot
{
    private StoredSnapshot? _saved;
    private volatile bool _isReleased;

    public OwnedSlot(LeasingContext context, SandboxMaker maker, HeldSandbox held)
        : base(context, maker) => Accept(held);

    public override Task ReleaseAsync()
    {
        // A start that comes after this would make a sandbox that nobody ends.
        _isReleased = true;
        return StepAsync(DestroyCoreAsync, CancellationToken.None);
    }

    protected override async Task<(HeldSandbox Held, ModalSandboxReplacement? Replacement)> FindOrMakeAsync(EndedSandbox? previous)
    {
        if (previous is not null)
        {
            CountReplacement();
        }

        var held = await MakeAsync(_saved is null ? null : ModalImage.FromId(_saved.ImageId)).ConfigureAwait(false);
        return (held, previous is null ? null : new ModalSandboxReplacement(previous.Id, held.Sandbox.Id, previous.Reason, _saved?.CreatedAt));
    }

    protected override Task<HeldSandbox> RemakeAsync(ModalImage snapshot) => MakeAsync(snapshot);

    private async Task<HeldSandbox> MakeAsync(ModalImage? snapshot)
    {
        ObjectDisposedException.ThrowIf(_isReleased, typeof(ModalSandboxLease));
        var place = await Context.Limits.TakePlaceAsync(CancellationToken.None).ConfigureAwait(false);
        return await Maker.MakeAsync(new SandboxSpec(Name: null, snapshot, IsReused: false), place, CancellationToken.None).ConfigureAwait(false);
    }

    protected override Task SaveAsync(StoredSnapshot snapshot)
    {
        _saved = snapshot;
        return Task.CompletedTask;
    }

    protected override async Task ForgetSavedAsync()
    {
        if (_saved is { } saved)
        {
            _saved = null;
            await SavedImages.DeleteAsync(Context, saved.ImageId).ConfigureAwait(false);
        }
    }
}
