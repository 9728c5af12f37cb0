using Google.Protobuf;

namespace ModalAI.Emulator.Server;

/// <summary>An RPC that ends with a status other than OK. The message goes to the client, so it never holds a secret.</summary>
internal sealed class RpcFailedException(RpcStatusCode code, string message, IReadOnlyList<IMessage>? details = null) : Exception(message)
{
    public RpcStatusCode Code { get; } = code;

    /// <summary>What goes into <c>grpc-status-details-bin</c>, such as a retry policy.</summary>
    public IReadOnlyList<IMessage> Details { get; } = details ?? [];

    public static RpcFailedException NotFound(string message) => new(RpcStatusCode.NotFound, message);

    public static RpcFailedException InvalidArgument(string message) => new(RpcStatusCode.InvalidArgument, message);

    public static RpcFailedException AlreadyExists(string message) => new(RpcStatusCode.AlreadyExists, message);

    public static RpcFailedException FailedPrecondition(string message) => new(RpcStatusCode.FailedPrecondition, message);

    public static RpcFailedException Unimplemented(string message) => new(RpcStatusCode.Unimplemented, message);

    public static RpcFailedException Unauthenticated(string message) => new(RpcStatusCode.Unauthenticated, message);
}
