namespace Grpc.Core;

/// <summary>Which sides of a call are streams.</summary>
internal enum MethodType
{
    Unary,
    ClientStreaming,
    ServerStreaming,
    DuplexStreaming,
}
