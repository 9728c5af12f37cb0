using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

#pragma warning disable MODALAI001 // Outbound policies may change.
public sealed class NetworkTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    /// <summary>Answers every request with what it was sent; in Perl, which every Debian has.</summary>
    private const string Server = """
        use strict; use Socket; my $port = shift; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($s, sockaddr_in($port, INADDR_LOOPBACK)) or die "bind: $!"; listen($s, 16);
        while (accept(my $c, $s)) { my $all = ''; while (sysread($c, my $part, 65536)) { $all .= $part; last if $all =~ /\r\n\r\n/ }
          syswrite($c, "HTTP/1.1 200 OK\r\nContent-Length: " . length($all) . "\r\nConnection: close\r\n\r\n$all") if $all; close $c }
        """;

    [Fact]
    public async Task GetTunnels_OfAnEncryptedPort_GivesAnAddressThatTheCertificateIsFor()
    {
        await using var lifetime = await CreateServerAsync(8300, options => options with { EncryptedPorts = [8300] });
        var before = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxGetTunnelsV2");

        var tunnel = (await lifetime.Sandbox.GetTunnelsAsync(cancellationToken: TestTimeout.Token))[8300];

        using var certificate = Fixture.Emulator.TunnelCertificate;
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown!.RawData.SequenceEqual(certificate.RawData) };
        using var http = new HttpClient(handler);
        Assert.StartsWith("GET /path HTTP/1.1", await http.GetStringAsync(new Uri(tunnel.Uri, "/path"), TestTimeout.Token), StringComparison.Ordinal);
        Assert.Null(tunnel.TcpEndPoint);
        Assert.Equal(before, Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxGetTunnelsV2"));
    }

    [Fact]
    public async Task GetTunnels_OfAnUnencryptedPort_GivesATcpAddress()
    {
        await using var lifetime = await CreateServerAsync(8301, options => options with { UnencryptedPorts = [8301] });

        var tunnel = (await lifetime.Sandbox.GetTunnelsAsync(cancellationToken: TestTimeout.Token))[8301];

        using var client = new TcpClient();
        await client.ConnectAsync(tunnel.TcpEndPoint!.Host, tunnel.TcpEndPoint.Port, TestTimeout.Token);
        await client.GetStream().WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), TestTimeout.Token);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task GetTunnels_AfterTheEnd_TimesOut()
    {
        var lifetime = await CreateSandboxAsync(options => options with { EncryptedPorts = [8302] });
        await lifetime.DisposeAsync();
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => Client.Sandboxes.Get(lifetime.Sandbox.Id).GetTunnelsAsync(TimeSpan.FromSeconds(1), TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Timeout, exception.Code);
        Assert.Contains("has ended", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectToken_InTheHeader_OpensThePortAndSaysWhoCame()
    {
        await using var lifetime = await CreateServerAsync(8303, options => options with { EncryptedPorts = [8303] });

        var token = await lifetime.Sandbox.CreateConnectTokenAsync(new() { Port = 8303, UserMetadata = "user-7" }, TestTimeout.Token);

        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(token.Uri, TestTimeout.Token)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        var answer = await http.GetStringAsync(token.Uri, TestTimeout.Token);
        Assert.Contains("X-Verified-User-Data: user-7\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Token, answer, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Token, token.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectToken_ForNoPort_IsAnArgumentException()
    {
        await using var lifetime = await CreateSandboxAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => lifetime.Sandbox.CreateConnectTokenAsync(new() { Port = 70_000 }, TestTimeout.Token));
    }

    [Fact]
    public async Task WaitUntilReady_ForACommand_EndsWhenItSucceeds()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { ReadinessProbe = ModalProbe.Exec(["test", "-e", "/ready"]) });
        var early = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.WaitUntilReadyAsync(TimeSpan.FromMilliseconds(300), TestTimeout.Token));

        await lifetime.Sandbox.ExecuteAsync("touch /ready", TestTimeout.Token);
        var readyAt = await lifetime.Sandbox.WaitUntilReadyAsync(cancellationToken: TestTimeout.Token);

        Assert.Equal(ModalErrorCode.Timeout, early.Code);
        Assert.InRange(readyAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task WaitUntilReady_ForAPort_EndsWhenItListens()
    {
        await using var lifetime = await CreateServerAsync(8304, options => options with { BlockNetwork = true });

        Assert.NotEqual(default, await lifetime.Sandbox.WaitUntilReadyAsync(cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task WaitUntilReady_WithoutAProbe_IsAConflictAndSaysSo()
    {
        await using var lifetime = await CreateSandboxAsync();

        var exception = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.WaitUntilReadyAsync(cancellationToken: TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
        Assert.Contains("no readiness probe", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitUntilReady_Cancelled_StopsWaiting()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { ReadinessProbe = ModalProbe.Tcp(8305) });
        using var cancellation = new CancellationTokenSource();
        var waiting = lifetime.Sandbox.WaitUntilReadyAsync(cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task UpdateNetworkPolicy_OfASandboxWithAnAllowlist_IsTaken()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { OutboundCidrAllowlist = [] });

        await lifetime.Sandbox.UpdateNetworkPolicyAsync([], [], TestTimeout.Token);
        var wrong = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.UpdateNetworkPolicyAsync(["10.0.0.0/33"], ["http://x"], TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, wrong.Code);
        Assert.Contains("10.0.0.0/33", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("http://x", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UpdateNetworkPolicy_OfABlockedSandbox_IsAConflict()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { BlockNetwork = true });

        var exception = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.UpdateNetworkPolicyAsync([], [], TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
    }

    [Fact]
    public async Task Proxy_ByName_IsUsedOrNotFound()
    {
        var proxy = await Client.Proxies.GetAsync("static", cancellationToken: TestTimeout.Token);
        await using var lifetime = await CreateSandboxAsync(options => options with { Proxy = proxy });

        var exception = await Assert.ThrowsAsync<ModalException>(() => Client.Proxies.GetAsync("nobody", cancellationToken: TestTimeout.Token));

        Assert.StartsWith("pr-", proxy.Id, StringComparison.Ordinal);
        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
        Assert.Contains("'nobody'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SetOutboundPolicy_OfASandboxCreatedWithOne_ReplacesIt()
    {
        var policy = ModalOutboundPolicy.Empty.WithHeaderReplacement(
            "api.example.com", [new("authorization", "Bearer $WAREHOUSE_PASSWORD")], ModalSecret.FromName("warehouse-credentials"));
        await using var lifetime = await CreateSandboxAsync(options => options with { OutboundPolicy = policy });
        await using var without = await CreateSandboxAsync();

        await lifetime.Sandbox.SetOutboundPolicyAsync(ModalOutboundPolicy.Empty, TestTimeout.Token);
        var exception = await Assert.ThrowsAsync<ModalException>(() => without.Sandbox.SetOutboundPolicyAsync(policy, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
    }

    [Theory]
    [InlineData("http://x", "a", "b")]
    [InlineData("x", "a", "b")]
    [InlineData("example.com", "a b", "c")]
    [InlineData("example.com", "a", "line\nline")]
    [InlineData("example.com", "a", "$KEY")]
    public void OutboundPolicy_WithWhatIsNotAllowed_IsAnArgumentException(string domain, string header, string value)
    {
        var exception = Assert.Throws<ArgumentException>(() => ModalOutboundPolicy.Empty.WithHeaderReplacement(domain, [new(header, value)]));

        Assert.DoesNotContain("$KEY", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OutboundPolicy_OfMoreThan25Headers_IsAnArgumentException()
    {
        var headers = Enumerable.Range(0, 25).Select(static i => KeyValuePair.Create($"x-{i}", "v"));
        var policy = ModalOutboundPolicy.Empty.WithHeaderReplacement("*", headers);

        Assert.Throws<ArgumentException>(() => policy.WithHeaderReplacement("example.com", [new("one-more", "v")]));
    }

    [Fact]
    public void OutboundPolicy_WithASecretOfValues_IsAnArgumentException() => Assert.Throws<ArgumentException>(
        () => ModalOutboundPolicy.Empty.WithHeaderReplacement("example.com", [new("a", "$KEY")], ModalSecret.FromValues([new("KEY", "v")])));

    [Fact]
    public void Probe_OfWhatCannotBe_IsAnArgumentException()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ModalProbe.Tcp(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModalProbe.Tcp(80, TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => ModalProbe.Exec([]));
    }

    [Fact]
    public async Task Create_WithOptionsThatExcludeEachOther_NamesThem()
    {
        var exception = await Assert.ThrowsAsync<ModalException>(() => Client.Sandboxes.CreateAsync(
            new()
            {
                BlockNetwork = true,
                InboundCidrAllowlist = ["not-a-cidr"],
                I6pn = true,
                OutboundPolicy = ModalOutboundPolicy.Empty,
                OutboundDomainAllowlist = ["example.com"],
            },
            TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        foreach (var part in (string[])["InboundCidrAllowlist", "not-a-cidr", "I6pn", "OutboundPolicy", "OutboundDomainAllowlist"])
        {
            Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A sandbox in which the server listens.</summary>
    private async Task<SandboxLifetime> CreateServerAsync(int port, Func<ModalSandboxCreateOptions, ModalSandboxCreateOptions> configure)
    {
        var lifetime = await CreateSandboxAsync(options => configure(options) with
        {
            Command = ["perl", "-e", Server, $"{port}"],
            ReadinessProbe = ModalProbe.Tcp(port, TimeSpan.FromMilliseconds(20)),
        });
        await lifetime.Sandbox.WaitUntilReadyAsync(cancellationToken: TestTimeout.Token);
        return lifetime;
    }
}
