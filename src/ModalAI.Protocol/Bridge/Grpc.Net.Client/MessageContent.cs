using System.Buffers;
using System.Net;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// A request of one message. It is serialized when the stream is there: a request that waits holds no memory, and one can be sent again.
/// </summary>
internal sealed class MessageContent<TRequest> : HttpContent
{
    private readonly TRequest _message;
    private readonly Marshaller<TRequest> _marshaller;
    private readonly int? _maxMessageSize;

    public MessageContent(TRequest message, Marshaller<TRequest> marshaller, int? maxMessageSize)
    {
        _message = message;
        _marshaller = marshaller;
        _maxMessageSize = maxMessageSize;
        Headers.TryAddWithoutValidation("Content-Type", GrpcHeaders.ContentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var frame = FrameWriter.Serialize(_message, _marshaller, _maxMessageSize);
        try
        {
            await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FrameBuffers.Return(frame.Array!);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
