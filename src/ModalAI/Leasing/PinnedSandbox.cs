using ModalAI.Diagnostics;
using ModalAI.Rpc;

namespace ModalAI.Leasing;

/// <summary>The one running sandbox that <see cref="ModalSandboxOptions.SandboxId"/> names; it is asked whether it runs now and then.</summary>
internal sealed class PinnedSandbox(LeasingContext context)
{
    private static readonly TimeSpan TrustedFor = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private BorrowedSlot? _slot;
    private long _seen;

    public ModalSandboxLifecycle Status => _slot?.Status ?? ModalSandboxLifecycle.Pending;

    public async Task<BorrowedSlot> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_slot is { Current.IsDetached: false } known && context.Time.GetElapsedTime(_seen) < TrustedFor)
            {
                return known;
            }
        }

        var id = context.Options.SandboxId!;
        var slot = _slot is { Current.IsDetached: false } present ? present : new BorrowedSlot(context.Client.Sandboxes.Get(id, new() { CommandTimeout = context.Options.EffectiveCommandTimeout }));
        try
        {
            await slot.EnsureRunningAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"Sandbox '{id}' was not found. Correct {nameof(context.Options.SandboxId)} of {nameof(ModalSandboxOptions)}, or set {nameof(context.Options.Name)} instead.");
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.SandboxEnded)
        {
            throw ModalErrors.SandboxEnded(
                id, $"it can't be replaced, since {nameof(context.Options.SandboxId)} of {nameof(ModalSandboxOptions)} names this very one; set {nameof(context.Options.Name)} instead", exception);
        }

        lock (_gate)
        {
            Log.SandboxReused(context.Logger, id);
            _seen = context.Time.GetTimestamp();
            return _slot = slot;
        }
    }
}
