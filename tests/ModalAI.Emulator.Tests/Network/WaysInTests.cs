using System.Net.Sockets;
using System.Text;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Tests.Network;

public sealed class WaysInTests : IAsyncLifetime
{
    /// <summary>Greets whoever connects and then says everything again in capitals; takes any request for an upgrade.</summary>
    private const string Server = """
        use strict; use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($s, sockaddr_in(shift, INADDR_LOOPBACK)) or die "bind: $!"; listen($s, 16); my $greet = shift;
        while (accept(my $c, $s)) { syswrite($c, "hello\n") if $greet;
          while (sysread($c, my $part, 65536)) {
            if ($part =~ /^GET .*\r\nUpgrade: echo\r\n/s) { syswrite($c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n") }
            else { syswrite($c, uc $part) } } close $c }
        """;

    private readonly ManualTimeProvider _time = new();
    private EmulatorConnection _connection = null!;

    public async Task InitializeAsync() => _connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { TimeProvider = _time });

    public async Task DisposeAsync() => await _connection.DisposeAsync();

    [Fact]
    public async Task Tunnel_WithAnOpenConnection_KeepsTheSandboxAwake()
    {
        var task = await CreateAsync(8400, greets: true, request => request.Definition.IdleTimeoutSecs = 60);
        var tunnels = await _connection.Control.SandboxGetTunnelsV2Async(new SandboxGetTunnelsRequest { SandboxId = task.SandboxId }, EmulatorConnection.Call());
        using (await GreetedAsync((int)tunnels.Tunnels[0].UnencryptedPort))
        {
            _time.Advance(TimeSpan.FromSeconds(600));
            Assert.Null(await task.WaitForEndAsync(0));
        }

        // The time starts once the emulator has seen the connection go.
        GenericResult? end = null;
        while (end is null)
        {
            _time.Advance(TimeSpan.FromSeconds(61));
            end = await task.WaitForEndAsync(0.1f);
        }

        Assert.Equal(GenericStatus.IdleTimeout, end.Status);
    }

    [Fact]
    public async Task Tunnel_AtTheEndOfTheSandbox_IsCutAndItsPortIsFree()
    {
        var task = await CreateAsync(8401, greets: true);
        var tunnels = await _connection.Control.SandboxGetTunnelsV2Async(new SandboxGetTunnelsRequest { SandboxId = task.SandboxId }, EmulatorConnection.Call());
        var port = (int)tunnels.Tunnels[0].UnencryptedPort;
        using var client = await GreetedAsync(port);

        await task.TerminateAsync();
        await task.WaitForEndAsync();

        var rest = new byte[16];
        try
        {
            Assert.Equal(0, await client.GetStream().ReadAsync(rest, TestTimeout.Token));
        }
        catch (IOException)
        {
            // A reset says the same.
        }

        using var late = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () => await late.ConnectAsync("127.0.0.1", port, TestTimeout.Token));
    }

    [Fact]
    public async Task ConnectToken_WithAnUpgrade_PassesBytesBothWays()
    {
        var task = await CreateAsync(8402, greets: false);
        var token = await _connection.Control.SandboxCreateConnectTokenV2Async(
            new SandboxCreateConnectTokenRequest { SandboxId = task.SandboxId, Port = 8402 }, EmulatorConnection.Call());
        var url = new Uri(token.Url);
        var request = Encoding.ASCII.GetBytes($"GET /socket HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: Upgrade\r\nUpgrade: echo\r\nAuthorization: Bearer {token.Token}\r\n\r\n");

        // Until the server listens the answer is 502.
        string? status;
        TcpClient client;
        StreamReader reader;
        while (true)
        {
            client = new TcpClient();
            await client.ConnectAsync(url.Host, url.Port, TestTimeout.Token);
            await client.GetStream().WriteAsync(request, TestTimeout.Token);
            reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            status = await reader.ReadLineAsync(TestTimeout.Token);
            if (status?.Contains("502", StringComparison.Ordinal) is not true)
            {
                break;
            }

            client.Dispose();
        }

        using (client)
        {
            Assert.Equal("HTTP/1.1 101 Switching Protocols", status);
            while (await reader.ReadLineAsync(TestTimeout.Token) is { Length: > 0 })
            {
            }

            await client.GetStream().WriteAsync("through and back\n"u8.ToArray(), TestTimeout.Token);
            Assert.Equal("THROUGH AND BACK", await reader.ReadLineAsync(TestTimeout.Token));
        }
    }

    [SkippableFact]
    public async Task SeparateNetworks_OfAnOpenSandbox_KeepThisComputersLoopbackOutOfReach()
    {
        var problem = await new Emulator.Network.GatewaySupport().Problem;
        Skip.If(problem is not null, problem);
        await using var separate = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { SeparateNetworks = true });
        var task = await separate.CreateAsync();
        var port = new Uri(separate.Emulator.ServerUrl).Port;

        var execId = await task.ExecAsync("bash", "-c", $"exec 3<>/dev/tcp/127.0.0.1/{port}");

        Assert.NotEqual(0, (await task.WaitAsync(execId)).Code);
        await separate.Router.TaskSetNetworkAccessAsync(
            new TaskSetNetworkAccessRequest { TaskId = task.TaskId, NetworkAccess = new NetworkAccess { NetworkAccessType = NetworkAccess.Types.NetworkAccessType.Allowlist } },
            task.Call());
    }

    /// <summary>A connection that has reached the server inside; until that listens, connections are reset.</summary>
    private static async Task<TcpClient> GreetedAsync(int port)
    {
        while (true)
        {
            var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port, TestTimeout.Token);
                if (await client.GetStream().ReadAsync(new byte[16], TestTimeout.Token) > 0)
                {
                    return client;
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Not yet.
            }

            client.Dispose();
        }
    }

    private Task<SandboxTask> CreateAsync(int port, bool greets, Action<SandboxCreateV2Request>? configure = null) => _connection.CreateAsync(request =>
    {
        request.Definition.TimeoutSecs = 24 * 60 * 60;
        request.Definition.EntrypointArgs.AddRange(["perl", "-e", Server, $"{port}", greets ? "1" : ""]);
        request.Definition.OpenPorts = new PortSpecs { Ports = { new PortSpec { Port = (uint)port, Unencrypted = true } } };
        configure?.Invoke(request);
    });
}
