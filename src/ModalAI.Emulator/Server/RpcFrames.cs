using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace ModalAI.Emulator.Server;

/// <summary>gRPC's length-prefixed messages: one flag byte, four bytes of length, the message.</summary>
internal static class RpcFrames
{
    /// <summary>The largest message taken or sent, as Modal's clients set it.</summary>
    public const int MaxMessageLength = 100 * 1024 * 1024;

    private const int HeaderLength = 5;

    /// <summary>Reads the next message, or null where the client has ended its side.</summary>
    public static async ValueTask<TMessage?> ReadAsync<TMessage>(PipeReader reader, MessageParser<TMessage> parser, CancellationToken cancellationToken)
        where TMessage : class, IMessage<TMessage>
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (TryTakeFrame(buffer, out var payload, out var frameEnd))
            {
                var message = Parse(parser, payload);
                reader.AdvanceTo(frameEnd);
                return message;
            }

            if (read.IsCompleted)
            {
                var isCleanEnd = buffer.IsEmpty;
                reader.AdvanceTo(buffer.End);
                return isCleanEnd ? null : throw new RpcFailedException(RpcStatusCode.Internal, "The request ended in the middle of a message.");
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Reads the one message of a unary request, and the end that must follow it.</summary>
    public static async ValueTask<TMessage> ReadOnlyMessageAsync<TMessage>(
        PipeReader reader, MessageParser<TMessage> parser, CancellationToken cancellationToken)
        where TMessage : class, IMessage<TMessage>
    {
        var message = await ReadAsync(reader, parser, cancellationToken).ConfigureAwait(false)
            ?? throw new RpcFailedException(RpcStatusCode.Internal, "The request holds no message.");
        if (await ReadAsync(reader, parser, cancellationToken).ConfigureAwait(false) is not null)
        {
            throw new RpcFailedException(RpcStatusCode.Internal, "The request holds more than one message.");
        }

        return message;
    }

    public static void Write(PipeWriter writer, IMessage message)
    {
        var length = message.CalculateSize();
        if (length > MaxMessageLength)
        {
            throw new RpcFailedException(
                RpcStatusCode.ResourceExhausted, $"The reply is {length} bytes long; at most {MaxMessageLength} bytes go into one message.");
        }

        var header = writer.GetSpan(HeaderLength);
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
        writer.Advance(HeaderLength);
        message.WriteTo(writer);
    }

    private static bool TryTakeFrame(ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload, out SequencePosition end)
    {
        payload = default;
        end = default;
        if (buffer.Length < HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        buffer.Slice(0, HeaderLength).CopyTo(header);
        if (header[0] != 0)
        {
            throw RpcFailedException.Unimplemented("The request is compressed; the emulator takes messages without compression only.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > MaxMessageLength)
        {
            throw new RpcFailedException(
                RpcStatusCode.ResourceExhausted, $"The message is {length} bytes long; at most {MaxMessageLength} bytes are taken in one message.");
        }

        if (buffer.Length < HeaderLength + length)
        {
            return false;
        }

        payload = buffer.Slice(HeaderLength, length);
        end = payload.End;
        return true;
    }

    private static TMessage Parse<TMessage>(MessageParser<TMessage> parser, ReadOnlySequence<byte> payload)
        where TMessage : class, IMessage<TMessage>
    {
        try
        {
            return parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw RpcFailedException.InvalidArgument($"The request is no {typeof(TMessage).Name}: {e.Message}");
        }
    }
}
