using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator;

internal static partial class Log
{
    [LoggerMessage(EventId = 1000, EventName = nameof(StateNotRemoved), Level = LogLevel.Warning, Message = "The emulator's folder {Path} could not be removed.")]
    public static partial void StateNotRemoved(ILogger logger, Exception exception, string path);
}
