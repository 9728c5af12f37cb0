using System.IO.Pipelines;
using Google.Protobuf;

namespace ModalAI.Emulator.Server;

/// <summary>The messages that a client streams.</summary>
internal sealed class RpcStreamReader<TMessage>(PipeReader reader, MessageParser<TMessage> parser)
    where TMessage : class, IMessage<TMessage>
{
    /// <summary>The next message, or null where the client has ended its side.</summary>
    public ValueTask<TMessage?> ReadAsync(CancellationToken cancellationToken) => RpcFrames.ReadAsync(reader, parser, cancellationToken);
}
