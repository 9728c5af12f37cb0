using Google.Protobuf;
using Grpc.Core;
using ModalAI.Protocol;

namespace ModalAI.Rpc;

/// <summary>Reads the server's request to come back later: an RPCRetryPolicy among the details of grpc-status-details-bin.</summary>
internal static class ServerRetryDelay
{
    private const string DetailsTrailer = "grpc-status-details-bin";
    private const string PolicyTypeSuffix = "/modal.client.RPCRetryPolicy";

    public static TimeSpan? Find(Metadata trailers)
    {
        if (trailers.GetValueBytes(DetailsTrailer) is not { } bytes)
        {
            return null;
        }

        try
        {
            foreach (var detail in RPCStatus.Parser.ParseFrom(bytes).Details)
            {
                if (detail.TypeUrl.EndsWith(PolicyTypeSuffix, StringComparison.Ordinal))
                {
                    var seconds = RPCRetryPolicy.Parser.ParseFrom(detail.Value).RetryAfterSecs;
                    return float.IsFinite(seconds) ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86400)) : null;
                }
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // Details are an extra: a server that garbles them has still told the status.
        }

        return null;
    }
}
