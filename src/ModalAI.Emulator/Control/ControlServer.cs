using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModalAI.Emulator.Control;

/// <summary>The control endpoint: HTTP/1.1 with JSON on a loopback port of its own.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int MaxBodyBytes = 64 * 1024;
    private const int MaxConnections = 100;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly KestrelServer _kestrel;

    private ControlServer(KestrelServer kestrel, string url)
    {
        _kestrel = kestrel;
        Url = url;
    }

    public string Url { get; }

    public static async Task<ControlServer> StartAsync(
        int port, ModalEmulatorFaults faults, ModalEmulatorLedger ledger, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        options.Limits.MaxRequestBodySize = MaxBodyBytes;
        options.Limits.MaxConcurrentConnections = MaxConnections;
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        var kestrel = new KestrelServer(Options.Create(options), sockets, loggers);
        try
        {
            var application = new ControlApplication(faults, ledger);
            await kestrel.StartAsync(application, cancellationToken).ConfigureAwait(false);
            var bound = new Uri(kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
            return new ControlServer(kestrel, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{bound}"));
        }
        catch
        {
            kestrel.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        await _kestrel.StopAsync(limit.Token).ConfigureAwait(false);
        _kestrel.Dispose();
    }
}
