using ModalAI.Sandboxes;

namespace ModalAI.Files;

/// <summary>A file's content as it arrives. What went wrong after the first bytes is thrown at the end, where the exit code tells it.</summary>
/// <param name="reader">The output of the program that reads the file; owned from here on.</param>
/// <param name="first">Its first bytes; none for an empty file.</param>
/// <param name="finish">Throws when the program has failed.</param>
internal sealed class FileReadStream(ExecOutputReader reader, ReadOnlyMemory<byte> first, Func<CancellationToken, Task> finish) : ChunkStream
{
    private ReadOnlyMemory<byte> _first = first;
    private bool _finished;

    protected override async ValueTask<ReadOnlyMemory<byte>> ReadChunkAsync(CancellationToken cancellationToken)
    {
        var chunk = _first.IsEmpty ? await reader.ReadAsync(cancellationToken).ConfigureAwait(false) : _first;
        _first = default;
        if (chunk.IsEmpty && !_finished)
        {
            await finish(cancellationToken).ConfigureAwait(false);
            _finished = true;
        }

        return chunk;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            reader.Dispose();
        }

        base.Dispose(disposing);
    }
}
