using Microsoft.Extensions.Logging;

namespace ModalAI.TestSupport;

/// <summary>Makes clients that take nothing from this computer's variables and files.</summary>
public static class TestClient
{
    /// <summary>A client of a server that takes any token.</summary>
    /// <param name="serverUrl">The server.</param>
    /// <param name="configure">Changes its options.</param>
    /// <param name="loggers">Where it logs to; null for nowhere.</param>
    /// <param name="timeProvider">Its clock; null for the system's.</param>
    public static ModalClient Create(
        string serverUrl, Action<ModalClientOptions>? configure = null, ILoggerFactory? loggers = null, TimeProvider? timeProvider = null)
    {
        var options = new ModalClientOptions
        {
            ServerUrl = serverUrl,
            TokenId = "ak-test",
            TokenSecret = "as-test",
            UseEnvironmentVariables = false,
            UseConfigurationFile = false,
        };
        configure?.Invoke(options);
        return new ModalClient(options, loggers, timeProvider);
    }
}
