namespace Grpc.Net.Client;

/// <summary>gRPC's framing: a byte that says whether the message is compressed, its length in four bytes, the message.</summary>
internal static class GrpcFrame
{
    public const int HeaderSize = 5;
}
