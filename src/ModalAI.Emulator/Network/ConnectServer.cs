using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModalAI.Emulator.Network;

/// <summary>The loopback port where connect tokens are shown; opened when the first one is issued.</summary>
internal sealed class ConnectServer : IAsyncDisposable
{
    private const int MaxConnections = 1024;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly ILoggerFactory _loggers;
    private readonly Lazy<Task<string>> _url;
    private readonly CancellationTokenSource _stopping = new();
    private KestrelServer? _kestrel;
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

        if (_kestrel is not null)
        {
            using var limit = new CancellationTokenSource(StopLimit);
            await _kestrel.StopAsync(limit.Token).ConfigureAwait(false);
            _kestrel.Dispose();
        }

        _forwarder?.Dispose();
        _stopping.Dispose();
    }

    private async Task<string> StartAsync()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http1);
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxConcurrentConnections = MaxConnections;
        options.Limits.MaxConcurrentUpgradedConnections = MaxConnections;
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), _loggers);
        _kestrel = new KestrelServer(Options.Create(options), sockets, _loggers);
        _forwarder = new ConnectForwarder(Tokens, _loggers.CreateLogger<ConnectServer>(), _stopping.Token);
        await _kestrel.StartAsync(_forwarder, _stopping.Token).ConfigureAwait(false);
        var address = _kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{new Uri(address).Port}");
    }
}
