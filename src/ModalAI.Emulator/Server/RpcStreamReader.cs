using System.IO.Pipelines;
using Google.Protobuf;

namespace ModalAI.Emulator.Server;

/// <summary>The messages that a client streams.</summary>
internal sealed class RpcStreamReader<TMessage>(PipeReader reader, MessageParser<TMessage> parser, RpcContext context)
    where TMessage : class, IMessage<TMessage>
{
    /// <summary>The next message, or null where the client has ended its side.</summary>
    public async ValueTask<TMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        var message = await RpcFrames.ReadAsync(reader, parser, cancellationToken).ConfigureAwait(false);
        if (message is not null)
        {
            context.Record(message);
        }

        return message;
    }
}
