namespace ModalAI.Leasing;

/// <summary>A place among the sandboxes that may live at once; disposing of it gives it to the next, once.</summary>
/// <param name="places">Where it belongs; null where somebody else gives it back.</param>
internal sealed class SandboxPlace(SemaphoreSlim? places) : IDisposable
{
    /// <summary>Stands for a place that goes from one sandbox to another.</summary>
    public static readonly SandboxPlace Kept = new(places: null);

    private int _given;

    public void Dispose()
    {
        if (places is not null && Interlocked.Exchange(ref _given, 1) == 0)
        {
            places.Release();
        }
    }
}
