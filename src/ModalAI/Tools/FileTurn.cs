using System.Runtime.CompilerServices;

namespace ModalAI.Tools;

/// <summary>
/// Lets one change of a sandbox's files follow the other, where a model asks for several at once: two that have read the same content would each write their
/// own change to it alone.
/// </summary>
internal sealed class FileTurn : IDisposable
{
    private static readonly ConditionalWeakTable<ModalSandbox, SemaphoreSlim> Turns = [];

    private SemaphoreSlim? _taken;

    private FileTurn(SemaphoreSlim taken) => _taken = taken;

    /// <summary>Waits for those that came before.</summary>
    public static async Task<FileTurn> TakeAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        var turns = Turns.GetValue(sandbox, static _ => new SemaphoreSlim(1));
        await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new FileTurn(turns);
    }

    public void Dispose() => Interlocked.Exchange(ref _taken, null)?.Release();
}
