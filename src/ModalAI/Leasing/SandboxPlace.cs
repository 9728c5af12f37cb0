namespace ModalAI.Leasing;

/// <summary>A place among the sandboxes that may live at once; disposing of it gives it to the next, once.</summary>
internal sealed class SandboxPlace(SemaphoreSlim places) : IDisposable
{
    private int _given;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _given, 1) == 0)
        {
            places.Release();
        }
    }
}
