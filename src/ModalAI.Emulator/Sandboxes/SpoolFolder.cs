using System.Globalization;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Where output goes that is too long for memory.</summary>
internal sealed class SpoolFolder(string directory, long maxBytesPerStream)
{
    private long _count;

    /// <summary>A new, empty spool. The caller owns it.</summary>
    public OutputSpool Open()
    {
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        return new OutputSpool(Path.Combine(directory, number), maxBytesPerStream);
    }
}
