using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator.Server;

/// <summary>gRPC on a loopback port, plaintext HTTP/2.</summary>
internal sealed class RpcServer : IAsyncDisposable
{
    private const int StreamWindow = 4 * 1024 * 1024;
    private const int ConnectionWindow = 16 * 1024 * 1024;
    private const int ResponseBuffer = 1024 * 1024;
    private const int MaxStreams = 10_000;

    private readonly LoopbackServer _server;
    private readonly CancellationTokenSource _stopping;
    private readonly StrongBox<int> _connections;

    private RpcServer(LoopbackServer server, CancellationTokenSource stopping, StrongBox<int> connections)
    {
        _server = server;
        _stopping = stopping;
        _connections = connections;
    }

    public int Port => _server.Port;

    /// <summary>Connections that are open.</summary>
    public int Connections => Volatile.Read(ref _connections.Value);

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
        var connections = new StrongBox<int>();
        var stopping = new CancellationTokenSource();
        try
        {
            var application = new RpcApplication(services, delayPerRpc, faults, ledger, loggers.CreateLogger<RpcServer>(), stopping.Token);
            var server = await LoopbackServer.StartAsync(application, port, boundSocket, ConfigureEndpoint, Unlimit, loggers, cancellationToken).ConfigureAwait(false);
            return new RpcServer(server, stopping, connections);
        }
        catch
        {
            stopping.Dispose();
            throw;
        }

        void ConfigureEndpoint(ListenOptions endpoint)
        {
            endpoint.Protocols = HttpProtocols.Http2;
            endpoint.Use(next => connection => CountAsync(connections, next, connection));
        }
    }

    /// <summary>Ends running RPCs with UNAVAILABLE and closes the port. Takes no longer than a few seconds, whatever clients do.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
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
