using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Control;

/// <summary>The control endpoint: HTTP/1.1 with JSON on a loopback port of its own.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int MaxBodyBytes = 64 * 1024;
    private const int MaxConnections = 100;

    private readonly LoopbackServer _server;

    private ControlServer(LoopbackServer server) => _server = server;

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_server.Port}");

    public static async Task<ControlServer> StartAsync(
        int port, ModalEmulatorFaults faults, ModalEmulatorLedger ledger, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var application = new ControlApplication(faults, ledger);
        return new ControlServer(await LoopbackServer.StartAsync(
            application, port, boundSocket: null, static endpoint => endpoint.Protocols = HttpProtocols.Http1, Limit, loggers, cancellationToken).ConfigureAwait(false));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = MaxBodyBytes;
        limits.MaxConcurrentConnections = MaxConnections;
    }
}
