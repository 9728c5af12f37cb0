using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModalAI.Emulator.Server;

/// <summary>
/// An application on a loopback port. Kestrel is used bare: no host, so that an application that embeds the emulator keeps its own signal handlers,
/// configuration and logging.
/// </summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly KestrelServer _kestrel;

    private LoopbackServer(KestrelServer kestrel, int port)
    {
        _kestrel = kestrel;
        Port = port;
    }

    public int Port { get; }

    /// <param name="application">What answers.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <param name="boundSocket">A socket that is bound to the port already, or null.</param>
    /// <param name="configureEndpoint">Sets the protocols.</param>
    /// <param name="configureLimits">Sets the limits.</param>
    /// <param name="loggers">Where Kestrel logs to.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<LoopbackServer> StartAsync<TContext>(
        IHttpApplication<TContext> application,
        int port,
        Socket? boundSocket,
        Action<ListenOptions> configureEndpoint,
        Action<KestrelServerLimits> configureLimits,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
        where TContext : notnull
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, port, configureEndpoint);
        configureLimits(options.Limits);
        var transport = new SocketTransportOptions();
        if (boundSocket is not null)
        {
            transport.CreateBoundListenSocket = _ => boundSocket;
        }

        var kestrel = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(transport), loggers), loggers);
        try
        {
            await kestrel.StartAsync(application, cancellationToken).ConfigureAwait(false);
            return new LoopbackServer(kestrel, new Uri(kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port);
        }
        catch
        {
            kestrel.Dispose();
            throw;
        }
    }

    /// <summary>Closes the port. Takes no longer than a few seconds, whatever clients do.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        await _kestrel.StopAsync(limit.Token).ConfigureAwait(false);
        _kestrel.Dispose();
    }
}
