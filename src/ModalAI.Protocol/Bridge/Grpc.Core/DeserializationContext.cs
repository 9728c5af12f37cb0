using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller reads a message. Valid during that read only, since the memory is used again.</summary>
internal abstract class DeserializationContext
{
    public abstract int PayloadLength { get; }

    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
