using System.Buffers;
using System.Net.Sockets;

namespace ModalAI.Emulator.Network;

/// <summary>Passes on what both ends of a connection say, and that one of them has nothing more to say.</summary>
internal static class ConnectionPipe
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Ends when both have ended; resets both when one broke, or when cancelled. Does not throw.</summary>
    public static async Task RunAsync(ConnectionEnd one, ConnectionEnd other, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await Task.WhenAll(CopyAsync(one, other, stop), CopyAsync(other, one, stop)).ConfigureAwait(false);
        }
        catch (Exception e) when (IsBroken(e))
        {
            one.Abort();
            other.Abort();
        }
    }

    /// <summary>Whether this is how connections end that were cut.</summary>
    public static bool IsBroken(Exception exception) =>
        exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    private static async Task CopyAsync(ConnectionEnd from, ConnectionEnd to, CancellationTokenSource stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await from.Stream.ReadAsync(buffer, stop.Token).ConfigureAwait(false)) > 0)
            {
                await to.Stream.WriteAsync(buffer.AsMemory(0, count), stop.Token).ConfigureAwait(false);
            }

            await to.EndWritesAsync().ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
