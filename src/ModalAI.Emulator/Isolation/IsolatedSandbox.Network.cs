using System.Net;
using System.Net.Sockets;

namespace ModalAI.Emulator.Isolation;

internal sealed partial class IsolatedSandbox
{
    /// <summary>Connects to a port of the sandbox's loopback address.</summary>
    /// <exception cref="SocketException">Nothing listens there, or the sandbox is gone.</exception>
    public async Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = await OpenSocketAsync(SocketType.Stream, ProtocolType.Tcp, cancellationToken).ConfigureAwait(false);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes an IPv4 socket in the network that the sandbox is in.</summary>
    /// <exception cref="SocketException">The kernel refused, or the sandbox is gone.</exception>
    public async Task<Socket> OpenSocketAsync(SocketType type, ProtocolType protocol, CancellationToken cancellationToken)
    {
        if (_network is null)
        {
            return new Socket(AddressFamily.InterNetwork, type, protocol);
        }

        try
        {
            return await _network.OpenSocketAsync(type, protocol, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or ObjectDisposedException or IOException)
        {
            throw new SocketException((int)SocketError.NetworkDown, e.Message);
        }
    }

    /// <summary>Sets, or replaces, the rules of a network that <see cref="SandboxSpec.GuardNetwork"/> asked for.</summary>
    /// <exception cref="IsolationUnavailableException">This computer cannot enforce them.</exception>
    public Task GuardNetworkAsync(string rules, CancellationToken cancellationToken) =>
        _network is null
            ? throw new InvalidOperationException($"Sandbox {Id} has no network of its own.")
            : _network.SetRulesAsync(rules, cancellationToken);
}
