using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator.Network;

internal static partial class Log
{
    [LoggerMessage(EventId = 1300, EventName = nameof(NotForwarded), Level = LogLevel.Debug, Message = "A request to port {Port} of sandbox {SandboxId} was not answered.")]
    public static partial void NotForwarded(ILogger logger, Exception exception, string sandboxId, int port);
}
