using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator.Sandboxes;

internal static partial class Log
{
    [LoggerMessage(EventId = 1200, EventName = nameof(SandboxNotEnded), Level = LogLevel.Error, Message = "Sandbox {SandboxId} could not be ended cleanly.")]
    public static partial void SandboxNotEnded(ILogger logger, Exception exception, string sandboxId);
}
