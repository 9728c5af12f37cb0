using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Addresses, TLS, and who owns what.</summary>
public sealed class ChannelTests
{
    [Fact]
    public async Task Https_ServerWithCertificate_SpeaksHttp2OverTls()
    {
        using var certificate = SelfSigned();
        var scheme = string.Empty;
        await using var server = await ScriptedServer.StartAsync(
            async http =>
            {
                scheme = http.Request.Scheme;
                await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse { Code = 6 }));
                http.Response.End();
            },
            certificate);
        var handler = GrpcTransport.CreateHandler(TimeSpan.FromSeconds(10));
        handler.SslOptions.RemoteCertificateValidationCallback =
            (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString();
        using var channel = GrpcChannel.ForAddress(
            server.Address,
            new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, Credentials = ChannelCredentials.SecureSsl });

        Assert.Equal(6, (await PollAsync(channel)).Code);
        Assert.Equal("https", scheme);
    }

    [Fact]
    public async Task Https_CertificateNotTrusted_FailsWithStatus()
    {
        using var certificate = SelfSigned();
        await using var server = await ScriptedServer.StartAsync(_ => Task.CompletedTask, certificate);
        using var channel = GrpcChannel.ForAddress(server.Address);

        await Assert.ThrowsAsync<RpcException>(() => PollAsync(channel).WaitAsync(TestTimeout.Limit));
    }

    [Fact]
    public void ForAddress_CredentialsAgainstScheme_Throws()
    {
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress(
            "http://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress(
            "https://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
    }

    [Fact]
    public void ForAddress_OtherScheme_Throws()
    {
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("ftp://localhost"));
    }

    [Fact]
    public void ForAddress_ClientAndHandler_Throws()
    {
        using var client = new HttpClient();
        using var handler = new SocketsHttpHandler();

        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress(
            "http://localhost", new GrpcChannelOptions { HttpClient = client, HttpHandler = handler }));
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000/path", "127.0.0.1:5000")]
    [InlineData("https://api.modal.com", "api.modal.com")]
    [InlineData("http://[::1]:5000", "[::1]:5000")]
    public void Target_OfAddress_IsItsAuthority(string address, string target)
    {
        using var channel = GrpcChannel.ForAddress(address);

        Assert.Equal(target, channel.Target);
    }

    [Fact]
    public async Task HttpClient_Given_SendsTheCallsAndStaysOpen()
    {
        await using var server = await ScriptedServer.StartAsync(async http =>
        {
            await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse { Code = 6 }));
            http.Response.End();
        });
        using var client = new HttpClient(GrpcTransport.CreateHandler(TimeSpan.FromSeconds(10)));

        for (var i = 0; i < 2; i++)
        {
            using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpClient = client });
            Assert.Equal(6, (await PollAsync(channel)).Code);
        }
    }

    [Fact]
    public void Dispose_Twice_IsHarmlessAndStopsNewInvokers()
    {
        var channel = GrpcChannel.ForAddress("http://localhost");

        channel.Dispose();
        channel.Dispose();

        Assert.Throws<ObjectDisposedException>(() => channel.CreateCallInvoker());
    }

    private static Task<TaskExecPollResponse> PollAsync(GrpcChannel channel) => new TaskCommandRouter.TaskCommandRouterClient(channel)
        .TaskExecPollAsync(new TaskExecPollRequest(), cancellationToken: TestTimeout.Token).ResponseAsync;

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
