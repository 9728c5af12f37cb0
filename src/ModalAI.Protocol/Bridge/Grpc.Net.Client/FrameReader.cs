using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// Finds messages in a response, whose frames may be cut anywhere, and hands them to the deserializer in place. It reads as much
/// as the last frame took, so that a run of large messages is read without moving a byte and many small ones arrive in one read.
/// </summary>
/// <remarks>One thread at a time, <see cref="Dispose"/> included: memory goes back to a shared pool.</remarks>
internal sealed class FrameReader(Stream stream, string? encoding, int? maxMessageSize, bool awaitData) : DeserializationContext, IDisposable
{
    private const int MinimumRead = 16 * 1024;
    private const int NoFrame = -1;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _payloadLength = NoFrame;
    private int _readSize = MinimumRead;

    public override int PayloadLength => _payloadLength;

    public override byte[] PayloadAsNewBuffer() => _buffer.AsSpan(_start, _payloadLength).ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(_buffer!, _start, _payloadLength);

    /// <summary>Whether a whole message is in memory.</summary>
    public bool HasMessage()
    {
        if (_payloadLength == NoFrame && _end - _start >= GrpcFrame.HeaderSize)
        {
            ReadHeader();
        }

        return _payloadLength != NoFrame && _end - _start >= _payloadLength;
    }

    /// <summary>Reads until a whole message is in memory. False at the end of the response.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (!HasMessage())
        {
            if (_start == _end && awaitData)
            {
                // An idle stream holds no memory: wait for data first, and rent when there is some.
                Dispose();
                await stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            }

            var read = await stream.ReadAsync(PrepareBuffer(), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return _payloadLength == NoFrame && _start == _end
                    ? false
                    : throw new InvalidDataException("Unexpected end of content while reading a message.");
            }

            _end += read;
        }

        return true;
    }

    /// <summary>Deserializes the message in memory and steps over it.</summary>
    public T Take<T>(Func<DeserializationContext, T> deserializer)
    {
        var message = deserializer(this);
        _start += _payloadLength;
        _readSize = Math.Max(MinimumRead, GrpcFrame.HeaderSize + _payloadLength);
        _payloadLength = NoFrame;
        return message;
    }

    /// <summary>Gives the memory back. What was read and not taken is lost.</summary>
    public void Dispose()
    {
        if (_buffer is not null)
        {
            FrameBuffers.Return(_buffer);
            _buffer = null;
            _start = 0;
            _end = 0;
        }
    }

    private void ReadHeader()
    {
        var header = _buffer.AsSpan(_start, GrpcFrame.HeaderSize);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (header[0] > 1)
        {
            throw new InvalidDataException("Unexpected compressed flag value in message header.");
        }

        if (length > maxMessageSize)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));
        }

        if (length > Array.MaxLength)
        {
            throw new InvalidDataException("Message too large.");
        }

        if (header[0] == 1)
        {
            throw new RpcException(encoding is null or "identity"
                ? new Status(StatusCode.Internal, "Request sent 'identity' grpc-encoding value with compressed message.")
                : new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: identity"));
        }

        _payloadLength = (int)length;
        _start += GrpcFrame.HeaderSize;
    }

    /// <summary>Where to read to: behind what is there of the current frame, in a buffer that has room for all of it.</summary>
    private Memory<byte> PrepareBuffer()
    {
        var available = _end - _start;
        var size = _payloadLength == NoFrame ? _readSize : Math.Max(_payloadLength, _readSize - GrpcFrame.HeaderSize);
        if (_buffer is null || _buffer.Length < size)
        {
            var larger = FrameBuffers.Rent(size);
            _buffer.AsSpan(_start, available).CopyTo(larger);
            Dispose();
            _buffer = larger;
            _end = available;
        }
        else if (_start + size > _buffer.Length)
        {
            _buffer.AsSpan(_start, available).CopyTo(_buffer);
            _start = 0;
            _end = available;
        }

        return _buffer.AsMemory(_end, size - available);
    }
}
