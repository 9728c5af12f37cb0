using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ModalAI.Emulator.Isolation;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

[Collection(SharedIsolation.Name)]
public sealed class SandboxNetworkTests(IsolationFixture fixture)
{
    private const string Connect = "exec 3<>/dev/tcp/$0/$1 && cat <&3";

    [SkippableFact]
    public async Task OpenNetwork_OfASandbox_ReachesTheLoopbackServicesOfThisComputer()
    {
        await using var sandbox = await fixture.CreateAsync();
        using var listener = Listen();

        var result = await ConnectAsync(sandbox, "127.0.0.1", listener);

        Assert.Equal(new CommandResult(0, "hello", ""), result);
    }

    [SkippableFact]
    public async Task BlockedNetwork_OfASandbox_ReachesNothing()
    {
        await using var sandbox = await fixture.CreateAsync(blockNetwork: true);
        using var listener = Listen();

        var loopback = await ConnectAsync(sandbox, "127.0.0.1", listener);
        var elsewhere = await ConnectAsync(sandbox, "192.0.2.1", listener);

        Assert.NotEqual(0, loopback.ExitCode);
        Assert.Contains("Connection refused", loopback.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, elsewhere.ExitCode);
        Assert.Contains("Network is unreachable", elsewhere.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BlockedNetwork_OfASandbox_HasLoopbackOnlyAndCannotChangeThat()
    {
        await using var sandbox = await fixture.CreateAsync(blockNetwork: true);

        var interfaces = await sandbox.RunAsync("tail -n +3 /proc/net/dev | cut -d : -f 1 | tr -d ' '");
        var change = await sandbox.RunAsync("ip link set lo down || ip route add default dev lo");

        // Some kernels give every network namespace the ends of tunnels; those are down.
        Assert.Contains("lo", interfaces.Output.Split('\n'));
        Assert.DoesNotContain("eth0", interfaces.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, change.ExitCode);
    }

    [SkippableFact]
    public async Task BlockedNetwork_OfASandbox_HasAWorkingLoopback()
    {
        Skip.IfNot(File.Exists("/usr/bin/python3"), "python3 is not installed.");
        await using var sandbox = await fixture.CreateAsync(blockNetwork: true);

        var result = await sandbox.RunAsync(
            "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); c = socket.create_connection(s.getsockname()); "
            + "c.sendall(b\"hi\"); print(s.accept()[0].recv(2).decode())'");

        Assert.Equal(new CommandResult(0, "hi\n", ""), result);
    }

    /// <summary>Greets whoever connects, until it is disposed of.</summary>
    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = GreetAsync();
        return listener;

        async Task GreetAsync()
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync("hello"u8.ToArray());
            }
            catch (SocketException)
            {
                // Nobody came before the end of the test.
            }
        }
    }

    private static Task<CommandResult> ConnectAsync(IsolatedSandbox sandbox, string address, TcpListener listener)
    {
        Skip.IfNot(File.Exists("/bin/bash"), "bash, whose /dev/tcp the test connects with, is not installed.");
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        return sandbox.RunAsync(new ProcessSpec { Arguments = ["bash", "-c", Connect, address, port] });
    }
}
