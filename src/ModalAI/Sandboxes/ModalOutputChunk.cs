namespace ModalAI;

/// <summary>A piece of what a process has printed.</summary>
/// <param name="Offset">Where it stands in the output, in bytes from its start.</param>
/// <param name="Data">The bytes, never none.</param>
public readonly record struct ModalOutputChunk(long Offset, ReadOnlyMemory<byte> Data)
{
    /// <summary>Where the output goes on: the offset to continue at, also in another process or on another day.</summary>
    public long NextOffset => Offset + Data.Length;
}
