using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>What a call says to the log. Headers and messages are never logged: they carry credentials and users' data.</summary>
internal static partial class GrpcCallLog
{
    [LoggerMessage(EventId = 1, EventName = "StartingCall", Level = LogLevel.Debug, Message = "Starting gRPC call to {Method}.")]
    public static partial void Started(ILogger logger, string method);

    [LoggerMessage(
        EventId = 4, EventName = "FinishedCall", Level = LogLevel.Debug, Message = "gRPC call to {Method} ended with {StatusCode}. {Detail}")]
    public static partial void Ended(ILogger logger, string method, StatusCode statusCode, string detail);

    [LoggerMessage(
        EventId = 23, EventName = "ErrorParsingTrailers", Level = LogLevel.Warning, Message = "The trailers of gRPC call {Method} cannot be read.")]
    public static partial void TrailersUnreadable(ILogger logger, string method, Exception exception);

    [LoggerMessage(EventId = 24, EventName = "ErrorCanceling", Level = LogLevel.Warning, Message = "A callback failed as gRPC call {Method} ended.")]
    public static partial void CancelFailed(ILogger logger, string method, Exception exception);
}
