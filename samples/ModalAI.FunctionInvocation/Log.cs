using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.AI;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Invoking {Function}.")]
    public static partial void Invoking(ILogger logger, string function);

    [LoggerMessage(2, LogLevel.Error, "{Function} failed.")]
    public static partial void Failed(ILogger logger, string function, Exception exception);
}
