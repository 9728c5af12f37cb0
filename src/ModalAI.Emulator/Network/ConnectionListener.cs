using System.Net;
using System.Net.Sockets;

namespace ModalAI.Emulator.Network;

/// <summary>Accepts connections, a bounded number at a time, until it is disposed of, which ends those that run.</summary>
internal sealed class ConnectionListener : IAsyncDisposable
{
    private const int Backlog = 512;
    private const int MaxConnections = 1024;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(MaxConnections);
    private readonly Task _accepting;

    /// <param name="socket">One that is neither bound nor connected; it becomes the listener's.</param>
    /// <param name="serve">Handles a connection to its end. The socket is its own to close.</param>
    public ConnectionListener(Socket socket, Func<Socket, CancellationToken, Task> serve)
    {
        _socket = socket;
        _serve = serve;
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>The loopback port.</summary>
    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);

        // Every connection has heard of the end, and gives its place back.
        for (var i = 0; i < MaxConnections; i++)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
        }

        _slots.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var hasSlot = false;
            try
            {
                await _slots.WaitAsync(_stopping.Token).ConfigureAwait(false);
                hasSlot = true;
                var connection = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                hasSlot = false;
                _ = ServeAsync(connection);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                // The client has gone again, or descriptors are short.
                await Task.Delay(PauseAfterFailure, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // It is being disposed of.
            }
            finally
            {
                if (hasSlot)
                {
                    _slots.Release();
                }
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            connection.NoDelay = true;
            await _serve(connection, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (ConnectionPipe.IsBroken(e))
        {
            ConnectionEnd.Reset(connection);
        }
        finally
        {
            connection.Dispose();
            _slots.Release();
        }
    }
}
