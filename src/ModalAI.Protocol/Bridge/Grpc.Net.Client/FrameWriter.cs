using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Writes a message straight into its frame (one flag byte, four bytes of length, the message) in a rented array.</summary>
internal sealed class FrameWriter : SerializationContext, IBufferWriter<byte>
{
    private const int InitialPayload = 1024;

    [ThreadStatic]
    private static FrameWriter? _idle;

    private byte[]? _frame;
    private int _written;
    private int _payloadLength;
    private int? _maxPayload;
    private bool _completed;

    /// <summary>The frame of a message. The caller returns its array to the shared pool.</summary>
    /// <exception cref="RpcException">The message exceeds the limit.</exception>
    public static ArraySegment<byte> Serialize<T>(T message, Marshaller<T> marshaller, int? maxMessageSize)
    {
        // Serializing never awaits, so one writer for each thread is enough; a nested one would make its own.
        var writer = _idle ?? new FrameWriter();
        _idle = null;
        try
        {
            writer._maxPayload = maxMessageSize;
            writer._payloadLength = InitialPayload;
            writer._written = GrpcFrame.HeaderSize;
            writer._completed = false;
            marshaller.ContextualSerializer(message, writer);
            return writer.Detach();
        }
        finally
        {
            writer.Release();
            _idle = writer;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        ThrowIfTooLarge(payloadLength);
        _payloadLength = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        _frame ??= FrameBuffers.Rent(GrpcFrame.HeaderSize + _payloadLength);
        return this;
    }

    public override void Complete()
    {
        ThrowIfTooLarge(_written - GrpcFrame.HeaderSize);
        _completed = true;
    }

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        GetBufferWriter().Write(payload);
        Complete();
    }

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _frame.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _frame.AsSpan(_written);
    }

    private void EnsureRoom(int sizeHint)
    {
        var required = checked(_written + Math.Max(sizeHint, 1));
        if (required > _frame!.Length)
        {
            var larger = FrameBuffers.Rent(Math.Max(required, (int)Math.Min(2L * _frame.Length, Array.MaxLength)));
            _frame.AsSpan(0, _written).CopyTo(larger);
            FrameBuffers.Return(_frame);
            _frame = larger;
        }
    }

    private ArraySegment<byte> Detach()
    {
        if (!_completed || _frame is null)
        {
            throw new InvalidOperationException("Serialization did not return a payload.");
        }

        var frame = new ArraySegment<byte>(_frame, 0, _written);
        frame[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), _written - GrpcFrame.HeaderSize);
        _frame = null;
        return frame;
    }

    private void Release()
    {
        if (_frame is not null)
        {
            FrameBuffers.Return(_frame);
            _frame = null;
        }
    }

    private void ThrowIfTooLarge(int payloadLength)
    {
        if (payloadLength > _maxPayload)
        {
            throw new RpcException(
                new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }
    }
}
