namespace ModalAI.Sandboxes;

/// <summary>One output stream of a command.</summary>
internal sealed class ProcessOutputStream(IOutputReader reader) : ChunkStream
{
    protected override ValueTask<ReadOnlyMemory<byte>> ReadChunkAsync(CancellationToken cancellationToken) => reader.ReadAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            reader.Dispose();
        }

        base.Dispose(disposing);
    }
}
