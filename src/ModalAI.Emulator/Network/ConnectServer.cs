using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Network;

/// <summary>The loopback port where connect tokens are shown; opened when the first one is issued.</summary>
internal sealed class ConnectServer : IAsyncDisposable
{
    private const int MaxConnections = 1024;

    private readonly ILoggerFactory _loggers;
    private readonly Lazy<Task<string>> _url;
    private readonly CancellationTokenSource _stopping = new();
    private LoopbackServer? _server;
    private ConnectForwarder? _forwarder;

    public ConnectServer(ILoggerFactory loggers)
    {
        _loggers = loggers;
        _url = new Lazy<Task<string>>(StartAsync);
    }

    public ConnectTokens Tokens { get; } = new();

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40000</c>.</summary>
    public Task<string> GetUrlAsync() => _url.Value;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_url.IsValueCreated)
        {
            await ((Task)_url.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        _forwarder?.Dispose();
        _stopping.Dispose();
    }

    private async Task<string> StartAsync()
    {
        _forwarder = new ConnectForwarder(Tokens, _loggers.CreateLogger<ConnectServer>(), _stopping.Token);
        _server = await LoopbackServer.StartAsync(
            _forwarder, port: 0, boundSocket: null, static endpoint => endpoint.Protocols = HttpProtocols.Http1, Limit, _loggers, _stopping.Token).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_server.Port}");
    }

    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxConcurrentUpgradedConnections = MaxConnections;
    }
}
