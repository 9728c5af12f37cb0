using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Tests.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Network;

/// <summary>Networks of sandboxes' own, in each way of isolating: a plain user has to go other ways than root.</summary>
[Collection(SharedIsolation.Name)]
public sealed class OwnNetworkTests : IAsyncLifetime
{
    private const string Listen =
        "perl -MSocket -e '$| = 1; socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_LOOPBACK)) or die $!; listen(S, 8); print \"up\\n\"; accept(C, S); syswrite C, \"inside\"'";

    private readonly string _state = Directory.CreateTempSubdirectory("modalai-network-").FullName;
    private SandboxHost? _host;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Directory.Delete(_state, recursive: true);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_ToAPortOfABlockedSandbox_ReachesIt(bool asUser)
    {
        await using var sandbox = await CreateAsync(asUser, new SandboxSpec { Id = "blocked", BlockNetwork = true });
        await using var server = sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", Listen], MergeErrorIntoOutput = true });
        Assert.Equal("up", await server.ReadLineAsync());

        using var connection = await sandbox.ConnectAsync(80, TestTimeout.Token);

        using var reader = new StreamReader(new NetworkStream(connection));
        Assert.Equal("inside", await reader.ReadToEndAsync(TestTimeout.Token));
        await Assert.ThrowsAsync<SocketException>(() => sandbox.ConnectAsync(81, TestTimeout.Token));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gateway_OfAGuardedSandbox_LetsThroughWhatThePolicySays(bool asUser)
    {
        var problem = await new GatewaySupport().Problem;
        Skip.If(problem is not null, problem);
        var outside = FindAddress();
        Skip.If(outside is null, "This computer has no address but its loopback's.");
        using var listener = new TcpListener(outside!, 0);
        listener.Start();
        _ = GreetAsync(listener);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var sandbox = await CreateAsync(asUser, new SandboxSpec { Id = "guarded", GuardNetwork = true });
        await using var gateway = await SandboxGateway.OpenAsync(
            sandbox, new NetworkPolicy([new IPNetwork(outside!, 32)], []), NameLookups.Computer, TestTimeout.Token);
        string[] connect = ["bash", "-c", "exec 3<>/dev/tcp/$0/$1 && cat <&3", $"{outside}", $"{port}"];

        var allowed = await sandbox.RunAsync(new ProcessSpec { Arguments = connect });
        await gateway.SetPolicyAsync(new NetworkPolicy([], []), TestTimeout.Token);
        var refused = await sandbox.RunAsync(new ProcessSpec { Arguments = connect });

        Assert.Equal(new CommandResult(0, "hello", ""), allowed);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Connection refused", refused.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Connect_AfterTheEnd_FailsAsASocketDoes()
    {
        var sandbox = await CreateAsync(asUser: false, new SandboxSpec { Id = "gone", BlockNetwork = true });
        await sandbox.DisposeAsync();

        await Assert.ThrowsAsync<SocketException>(() => sandbox.ConnectAsync(80, TestTimeout.Token));
    }

    private static IPAddress? FindAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
        .Select(static address => address.Address)
        .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));

    private static async Task GreetAsync(TcpListener listener)
    {
        try
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("hello"u8.ToArray());
        }
        catch (SocketException)
        {
            // The test is over.
        }
    }

    private async Task<IsolatedSandbox> CreateAsync(bool asUser, SandboxSpec spec)
    {
        Skip.IfNot(asUser || Environment.IsPrivilegedProcess, "Only root has the other ways.");
        _host = asUser
            ? await SandboxHost.StartAsync(_state, [IsolationTier.User], NullLoggerFactory.Instance, TestTimeout.Token)
            : await SandboxHost.StartAsync(_state, NullLoggerFactory.Instance, TestTimeout.Token);
        return await _host.CreateAsync(spec, TestTimeout.Token);
    }
}
