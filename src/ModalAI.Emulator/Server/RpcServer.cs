using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModalAI.Emulator.Server;

/// <summary>
/// gRPC on a loopback port, plaintext HTTP/2. Kestrel is used bare: no host, so that an application that embeds the emulator keeps its own
/// signal handlers, configuration and logging.
/// </summary>
internal sealed class RpcServer : IAsyncDisposable
{
    private const int StreamWindow = 4 * 1024 * 1024;
    private const int ConnectionWindow = 16 * 1024 * 1024;
    private const int ResponseBuffer = 1024 * 1024;
    private const int MaxStreams = 10_000;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly KestrelServer _kestrel;
    private readonly CancellationTokenSource _stopping;

    private readonly StrongBox<int> _connections;

    private RpcServer(KestrelServer kestrel, CancellationTokenSource stopping, StrongBox<int> connections, int port)
    {
        _connections = connections;
        _kestrel = kestrel;
        _stopping = stopping;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Connections that are open.</summary>
    public int Connections => Volatile.Read(ref _connections.Value);

    public static Task<RpcServer> StartAsync(
        int port,
        Socket? boundSocket,
        TimeSpan delayPerRpc,
        IReadOnlyList<RpcService> services,
        ModalEmulatorLedger ledger,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
        => StartAsync(port, boundSocket, delayPerRpc, services, new FaultTable(), ledger, loggers, cancellationToken);

    public static async Task<RpcServer> StartAsync(
        int port,
        Socket? boundSocket,
        TimeSpan delayPerRpc,
        IReadOnlyList<RpcService> services,
        FaultTable faults,
        ModalEmulatorLedger ledger,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        var connections = new StrongBox<int>();
        options.Listen(IPAddress.Loopback, port, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            endpoint.Use(next => connection => CountAsync(connections, next, connection));
        });
        Unlimit(options.Limits);

        var transport = new SocketTransportOptions();
        if (boundSocket is not null)
        {
            transport.CreateBoundListenSocket = _ => boundSocket;
        }

        var sockets = new SocketTransportFactory(Options.Create(transport), loggers);
        var kestrel = new KestrelServer(Options.Create(options), sockets, loggers);
        var stopping = new CancellationTokenSource();
        try
        {
            var application = new RpcApplication(services, delayPerRpc, faults, ledger, loggers.CreateLogger<RpcServer>(), stopping.Token);
            await kestrel.StartAsync(application, cancellationToken).ConfigureAwait(false);
            var address = kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            return new RpcServer(kestrel, stopping, connections, new Uri(address).Port);
        }
        catch
        {
            kestrel.Dispose();
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>Ends running RPCs with UNAVAILABLE and closes the port. Takes no longer than a few seconds, whatever clients do.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(StopLimit);
        await _kestrel.StopAsync(limit.Token).ConfigureAwait(false);
        _kestrel.Dispose();
        _stopping.Dispose();
    }

    private static async Task CountAsync(StrongBox<int> connections, ConnectionDelegate next, ConnectionContext connection)
    {
        Interlocked.Increment(ref connections.Value);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref connections.Value);
        }
    }

    /// <summary>Modal holds long polls and streams open for as long as they take, on connections that idle between them.</summary>
    private static void Unlimit(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.KeepAliveTimeout = TimeSpan.FromDays(1);
        limits.MaxResponseBufferSize = ResponseBuffer;
        limits.Http2.MaxStreamsPerConnection = MaxStreams;
        limits.Http2.InitialStreamWindowSize = StreamWindow;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
    }
}
