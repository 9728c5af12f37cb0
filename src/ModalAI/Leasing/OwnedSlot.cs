namespace ModalAI.Leasing;

/// <summary>A sandbox of one lease alone; it ends with the lease, and what was saved of it does too.</summary>
internal sealed class OwnedSlot : ManagedSlot
{
    private readonly SandboxMaker _maker;
    private readonly CancellationTokenSource _released;
    private readonly List<StoredSnapshot> _saved = [];

    public OwnedSlot(LeasingContext context, SandboxMaker maker, HeldSandbox held)
        : base(context)
    {
        _maker = maker;
        _released = CancellationTokenSource.CreateLinkedTokenSource(context.Stopping);
        Ending = _released.Token;
        Accept(held);
    }

    protected override CancellationToken Ending { get; }

    public override async Task ReleaseAsync()
    {
        // What is under way gives up; a start that came after the end would make a sandbox that nobody ends.
        await _released.CancelAsync().ConfigureAwait(false);
        await StepAsync(
            async () =>
            {
                await EndQuietlyAsync().ConfigureAwait(false);
                await ForgetSavedAsync().ConfigureAwait(false);
            },
            CancellationToken.None).ConfigureAwait(false);
        _released.Dispose();
    }

    protected override async Task<(HeldSandbox Held, ModalSandboxReplacement? Replacement)> FindOrMakeAsync(EndedSandbox? previous)
    {
        if (previous is not null)
        {
            Budget.ThrowIfSpent();
        }

        var saved = _saved.LastOrDefault();
        var held = await MakeAsync(saved is null ? null : ModalImage.FromId(saved.ImageId), place: null).ConfigureAwait(false);
        if (previous is null)
        {
            return (held, null);
        }

        Budget.Spend();
        return (held, new ModalSandboxReplacement(previous.Id, held.Sandbox.Id, previous.Reason, saved?.CreatedAt));
    }

    protected override Task<HeldSandbox> RemakeAsync(ModalImage snapshot, SandboxPlace? place) => MakeAsync(snapshot, place);

    protected override Task TerminateAsync(HeldSandbox held) => held.Sandbox.TerminateAsync(CancellationToken.None);

    protected override Task SaveAsync(StoredSnapshot snapshot)
    {
        // Earlier ones stay until the end: the present one may be built on them.
        _saved.Add(snapshot);
        return Task.CompletedTask;
    }

    protected override async Task ForgetSavedAsync()
    {
        foreach (var saved in _saved)
        {
            await SavedImages.DeleteAsync(Context, saved.ImageId).ConfigureAwait(false);
        }

        _saved.Clear();
    }

    private async Task<HeldSandbox> MakeAsync(ModalImage? snapshot, SandboxPlace? place)
    {
        place ??= await Context.Limits.TakePlaceAsync(Ending).ConfigureAwait(false);
        return await _maker.MakeAsync(new SandboxSpec(Name: null, snapshot, IsReused: false), place, Ending).ConfigureAwait(false);
    }
}
