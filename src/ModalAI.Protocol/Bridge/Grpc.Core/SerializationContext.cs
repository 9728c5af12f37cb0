using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller writes a message: either whole, or into a buffer that it then completes.</summary>
internal abstract class SerializationContext
{
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Tells the size in advance, so that the buffer is rented once.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    public virtual void Complete() => throw new NotImplementedException();
}
