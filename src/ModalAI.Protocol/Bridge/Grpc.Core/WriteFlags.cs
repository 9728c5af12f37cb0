namespace Grpc.Core;

/// <summary>Hints for one written message. The bridge compresses nothing and sends each message at once, so it needs neither.</summary>
[Flags]
internal enum WriteFlags
{
    BufferHint = 0x1,
    NoCompress = 0x2,
}
