using System.IO.Pipelines;
using Google.Protobuf;

namespace ModalAI.Emulator.Server;

/// <summary>The messages that a server streams.</summary>
internal sealed class RpcStreamWriter<TMessage>(PipeWriter writer)
    where TMessage : class, IMessage<TMessage>
{
    /// <summary>Sends a message; the caller may reuse its buffers once this returns. Waits while the client does not read.</summary>
    public async ValueTask WriteAsync(TMessage message, CancellationToken cancellationToken)
    {
        RpcFrames.Write(writer, message);
        var flushed = await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (flushed.IsCompleted)
        {
            throw new CallResetException();
        }
    }
}
