using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator.Server;

internal static partial class Log
{
    [LoggerMessage(EventId = 1100, EventName = nameof(RpcFailed), Level = LogLevel.Error, Message = "{Rpc} failed in the emulator.")]
    public static partial void RpcFailed(ILogger logger, Exception exception, string rpc);
}
