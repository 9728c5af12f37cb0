namespace ModalAI.Emulator.Sandboxes;

/// <summary>A line of a sandbox's log.</summary>
/// <param name="Time">When it was printed, in nanoseconds since 1970; different for every line of a sandbox.</param>
/// <param name="Stream">The stream that it is of.</param>
/// <param name="Offset">Where it begins in the stream.</param>
/// <param name="Length">Its bytes, with the line break.</param>
internal readonly record struct LogLine(long Time, LogStream Stream, long Offset, int Length);
