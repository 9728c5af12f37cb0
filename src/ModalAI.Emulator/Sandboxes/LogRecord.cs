using System.Runtime.InteropServices;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Where a line is, as the index of a log holds it. Its size divides what a spool keeps in memory, so that none lies across two places.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal record struct LogRecord(long Time, long Offset, int Length, int Stream)
{
    public const int Size = 32;
}
