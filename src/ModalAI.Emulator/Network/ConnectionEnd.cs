using System.Net.Security;
using System.Net.Sockets;

namespace ModalAI.Emulator.Network;

/// <summary>One end of a connection that is passed on, in plaintext or through TLS.</summary>
internal sealed class ConnectionEnd(Socket socket, Stream stream) : IAsyncDisposable
{
    public ConnectionEnd(Socket socket)
        : this(socket, new NetworkStream(socket, ownsSocket: false))
    {
    }

    public Stream Stream => stream;

    /// <summary>Says that nothing more comes; the other way stays open.</summary>
    public async Task EndWritesAsync()
    {
        if (stream is SslStream tls)
        {
            await tls.ShutdownAsync().ConfigureAwait(false);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Resets the connection: the far side learns that it broke.</summary>
    public void Abort()
    {
        Reset(socket);
    }

    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        socket.Dispose();
    }
}
