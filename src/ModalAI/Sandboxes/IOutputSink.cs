namespace ModalAI.Sandboxes;

/// <summary>Takes an output while it arrives. One at a time appends.</summary>
internal interface IOutputSink
{
    /// <summary>Bytes appended in all; may be read while others append.</summary>
    long TotalBytes { get; }

    /// <summary>Takes the next bytes, which are not valid any more afterwards.</summary>
    void Append(ReadOnlySpan<byte> bytes);
}
