using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Network;

/// <summary>
/// The one way out of a guarded network: every connection of the sandbox ends here, in its own network, and goes on from this computer's when the policy
/// lets it. This computer's own routes and rules stay as they are.
/// </summary>
internal sealed class SandboxGateway : IAsyncDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HelloLimit = TimeSpan.FromSeconds(15);

    private readonly IsolatedSandbox _sandbox;
    private readonly NameLookup _lookup;
    private readonly ConcurrentDictionary<Outbound, byte> _connections = new();
    private readonly SemaphoreSlim _changing = new(1);
    private volatile NetworkPolicy _policy;
    private ConnectionListener? _listener;
    private DnsResponder? _names;

    private SandboxGateway(IsolatedSandbox sandbox, NetworkPolicy policy, NameLookup lookup)
    {
        _sandbox = sandbox;
        _policy = policy;
        _lookup = lookup;
    }

    /// <summary>Opens the way out.</summary>
    /// <exception cref="IsolationUnavailableException">This computer cannot enforce the policy.</exception>
    public static async Task<SandboxGateway> OpenAsync(IsolatedSandbox sandbox, NetworkPolicy policy, NameLookup lookup, CancellationToken cancellationToken)
    {
        var gateway = new SandboxGateway(sandbox, policy, lookup);
        try
        {
            var streams = await sandbox.OpenSocketAsync(SocketType.Stream, ProtocolType.Tcp, cancellationToken).ConfigureAwait(false);
            gateway._listener = new ConnectionListener(streams, gateway.ServeAsync);
            var datagrams = await sandbox.OpenSocketAsync(SocketType.Dgram, ProtocolType.Udp, cancellationToken).ConfigureAwait(false);
            gateway._names = new DnsResponder(datagrams, lookup, () => gateway._policy);
            await gateway.WriteRulesAsync(policy, cancellationToken).ConfigureAwait(false);
            return gateway;
        }
        catch (Exception e)
        {
            await gateway.DisposeAsync().ConfigureAwait(false);
            throw e is SocketException ? new IsolationUnavailableException($"The gateway of sandbox {sandbox.Id} could not be opened: {e.Message}", e) : e;
        }
    }

    /// <summary>Replaces the policy, and cuts the connections that it no longer lets pass.</summary>
    /// <exception cref="IsolationUnavailableException">The kernel did not take the rules; the earlier policy stays.</exception>
    public async Task SetPolicyAsync(NetworkPolicy policy, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await WriteRulesAsync(policy, cancellationToken).ConfigureAwait(false);
            _policy = policy;
            foreach (var (connection, _) in _connections)
            {
                if (connection.IsAdmitted && !connection.IsAllowedBy(policy))
                {
                    connection.Cut();
                }
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        if (_names is not null)
        {
            await _names.DisposeAsync().ConfigureAwait(false);
        }

        _changing.Dispose();
    }

    private Task WriteRulesAsync(NetworkPolicy policy, CancellationToken cancellationToken) =>
        _sandbox.GuardNetworkAsync(GatewayRules.Write(policy, _listener!.Port, _names!.Port), cancellationToken);

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        var destination = OriginalDestination(client);
        if (!NameLookups.IsOutside(destination.Address))
        {
            ConnectionEnd.Reset(client);
            return;
        }

        using var connection = new Outbound(destination, cancellationToken);
        _connections.TryAdd(connection, 0);
        try
        {
            await ForwardAsync(client, connection).ConfigureAwait(false);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    private async Task ForwardAsync(Socket client, Outbound connection)
    {
        var hello = Array.Empty<byte>();
        IPAddress[] addresses = [connection.Destination.Address];
        connection.IsAdmitted = true;
        if (!connection.IsAllowedBy(_policy))
        {
            connection.IsAdmitted = false;
            if (connection.Destination.Port == NetworkPolicy.TlsPort && _policy.Domains.Count > 0)
            {
                hello = await ReadHelloAsync(client, connection.Stopped).ConfigureAwait(false);
                connection.Domain = hello.Length > 0 ? ClientHello.ReadServerName(hello) : null;
            }

            connection.IsAdmitted = true;
            if (!connection.IsAllowedBy(_policy))
            {
                ConnectionEnd.Reset(client);
                return;
            }

            // The name is the client's word only: it goes to where the name leads, not to where the client says.
            addresses = await FindAsync(connection).ConfigureAwait(false);
        }

        var outside = new ConnectionEnd(await ConnectAsync(addresses, connection).ConfigureAwait(false));
        await using (outside.ConfigureAwait(false))
        {
            var inside = new ConnectionEnd(client);
            await using (inside.ConfigureAwait(false))
            {
                await outside.Stream.WriteAsync(hello, connection.Stopped).ConfigureAwait(false);
                await ConnectionPipe.RunAsync(inside, outside, connection.Stopped).ConfigureAwait(false);
            }
        }
    }

    private async Task<IPAddress[]> FindAsync(Outbound connection)
    {
        using var limit = connection.LimitTo(ConnectLimit);
        var found = await _lookup(connection.Domain!, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        return [.. found.Where(NameLookups.IsOutside).OrderByDescending(address => address.Equals(connection.Destination.Address))];
    }

    private static async Task<Socket> ConnectAsync(IPAddress[] addresses, Outbound connection)
    {
        using var limit = connection.LimitTo(ConnectLimit);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, connection.Destination.Port, limit.Token).ConfigureAwait(false);
            return socket;
        }
        catch (ArgumentException e)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.HostNotFound, e.Message);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads the first record of a TLS client; empty when it is none.</summary>
    private static async Task<byte[]> ReadHelloAsync(Socket client, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HelloLimit);
        var buffer = new byte[ClientHello.MaxLength];
        var have = 0;
        int need;
        while ((need = ClientHello.LengthOf(buffer.AsSpan(0, have))) > have)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(have, need - have), SocketFlags.None, limit.Token).ConfigureAwait(false);
            if (count == 0)
            {
                return [];
            }

            have += count;
        }

        return need == 0 ? [] : buffer[..have];
    }

    /// <summary>Where the client wanted to go before the rules led it here.</summary>
    private static IPEndPoint OriginalDestination(Socket client)
    {
        const int InternetProtocol = 0;
        const int OriginalDestinationOption = 80;

        var address = new byte[16];
        _ = client.GetRawSocketOption(InternetProtocol, OriginalDestinationOption, address);
        return new IPEndPoint(new IPAddress(address.AsSpan(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(address.AsSpan(2)));
    }

    private sealed class Outbound(IPEndPoint destination, CancellationToken cancellationToken) : IDisposable
    {
        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        private volatile string? _domain;
        private volatile bool _isAdmitted;

        public IPEndPoint Destination => destination;

        public string? Domain
        {
            get => _domain;
            set => _domain = value;
        }

        /// <summary>Set before the policy is looked at for the last time, so that a change of policy misses no connection.</summary>
        public bool IsAdmitted
        {
            get => _isAdmitted;
            set => _isAdmitted = value;
        }

        public CancellationToken Stopped => _stop.Token;

        public bool IsAllowedBy(NetworkPolicy policy) =>
            policy.AllowsAddress(destination.Address) || (destination.Port == NetworkPolicy.TlsPort && Domain is { } name && policy.AllowsDomain(name));

        public CancellationTokenSource LimitTo(TimeSpan time)
        {
            var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(time);
            return limit;
        }

        public void Cut()
        {
            try
            {
                _stop.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
            }
        }

        public void Dispose() => _stop.Dispose();
    }
}
