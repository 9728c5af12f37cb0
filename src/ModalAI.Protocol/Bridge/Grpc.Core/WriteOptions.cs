namespace Grpc.Core;

/// <summary>Hints for written messages.</summary>
internal sealed class WriteOptions(WriteFlags flags = default)
{
    public static readonly WriteOptions Default = new();

    public WriteFlags Flags { get; } = flags;
}
