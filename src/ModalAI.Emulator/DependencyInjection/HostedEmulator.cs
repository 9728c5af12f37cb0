using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ModalAI.Emulator.DependencyInjection;

/// <summary>
/// The emulator of a host. Its port is taken when it is first asked for, since clients are configured and validated before the host starts anything; it
/// listens from the host's start to its stop.
/// </summary>
internal sealed class HostedEmulator : IHostedLifecycleService, IAsyncDisposable, IDisposable
{
    private readonly ModalEmulatorOptions _options;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private ModalEmulator? _emulator;

    public HostedEmulator(IOptions<ModalEmulatorOptions> options, ILoggerFactory? loggerFactory = null)
    {
        _options = options.Value;
        _options.LoggerFactory ??= loggerFactory;
        _options.Validate();
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, _options.Port));
        _options.Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        _options.BoundSocket = _socket;
        ServerUrl = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_options.Port}");
    }

    public string ServerUrl { get; }

    public async Task StartingAsync(CancellationToken cancellationToken) =>
        _emulator = await ModalEmulator.StartAsync(_options, cancellationToken).ConfigureAwait(false);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await DisposeAsync().ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        if (_emulator is { } emulator)
        {
            await emulator.DisposeAsync().ConfigureAwait(false);
        }

        _socket.Dispose();
    }

    /// <summary>For hosts that are disposed of without having been stopped: the emulator ends all the same, on threads of the pool.</summary>
    public void Dispose()
    {
        if (_emulator is { } emulator)
        {
            Task.Run(async () => await emulator.DisposeAsync().ConfigureAwait(false)).Wait(TimeSpan.FromSeconds(10));
        }

        _socket.Dispose();
    }
}
