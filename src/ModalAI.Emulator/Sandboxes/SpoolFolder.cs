using System.Globalization;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Where output goes that is too long for memory.</summary>
internal sealed class SpoolFolder(string directory, long maxBytesPerStream)
{
    private long _count;

    /// <summary>A new, empty spool. The caller owns it.</summary>
    /// <param name="observer">Hears of what it takes in; null for nobody.</param>
    public OutputSpool Open(IOutputObserver? observer = null)
    {
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        return new OutputSpool(Path.Combine(directory, number), maxBytesPerStream, observer);
    }
}
