using Microsoft.Extensions.Logging;
using ModalAI.Emulator.ControlPlane;

namespace ModalAI.Emulator.Server;

/// <summary>Where the command router listens: at first on the emulator's own port, and after each move on another one.</summary>
internal sealed class RouterPorts(
    RpcService router, RouterAccess access, TimeSpan delayPerRpc, FaultTable faults, ModalEmulatorLedger ledger, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private CancellationTokenSource _moved = new();
    private RpcServer? _server;
    private bool _isDisposed;

    /// <summary>Connections to the present port; 0 while it is the emulator's own.</summary>
    public int Connections => Volatile.Read(ref _server)?.Connections ?? 0;

    /// <summary>The router for the emulator's own port.</summary>
    public RpcService First => Until(_moved.Token);

    /// <summary>
    /// Opens another port, whose URL clients are told from now on, and closes the one before: what runs there breaks off. The emulator's own port stays
    /// open for the control plane and serves no router any more.
    /// </summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(ModalEmulator));
            var moved = new CancellationTokenSource();
            var server = await RpcServer.StartAsync(0, null, delayPerRpc, [Until(moved.Token)], faults, ledger, loggers, cancellationToken).ConfigureAwait(false);
            access.Listen(server.Port);
            await EndAsync().ConfigureAwait(false);
            _moved = moved;
            Volatile.Write(ref _server, server);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        _isDisposed = true;
        await EndAsync().ConfigureAwait(false);
        _gate.Release();
    }

    private RpcService Until(CancellationToken moved) => router.With(context =>
    {
        const string Problem = "The command router has moved to another URL.";
        if (moved.IsCancellationRequested)
        {
            throw new RpcFailedException(RpcStatusCode.Unavailable, Problem);
        }

        context.EndWith(new RpcFailedException(RpcStatusCode.Unavailable, Problem), moved);
    });

    private async Task EndAsync()
    {
        await _moved.CancelAsync().ConfigureAwait(false);
        if (_server is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }
}
