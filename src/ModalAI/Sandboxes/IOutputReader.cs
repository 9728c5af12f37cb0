namespace ModalAI.Sandboxes;

/// <summary>Reads an output to its end, over broken connections too. One reader at a time.</summary>
internal interface IOutputReader : IDisposable
{
    /// <summary>The next bytes, never empty but at the end. They stay valid.</summary>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);
}
