using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using ModalAI.Emulator;
using ModalAI.Rpc;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

public sealed class OAuthTests : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task ClientSecret_ThatIsRight_OpensTheEmulator()
    {
        await using var emulator = await StartAsync(new("refresh", "client", ClientSecret: "secret"));
        await using var client = ClientOf(emulator, options => options.OAuthClientSecret = "secret");

        await using var lifetime = new SandboxLifetime(await client.Sandboxes.CreateAsync(new(), TestTimeout.Token));

        Assert.Equal("served\n", (await lifetime.Sandbox.ExecuteAsync("echo served", TestTimeout.Token)).StandardOutput);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Assertion_OfTheRightKey_OpensTheEmulator(bool isPkcs1, bool isOnOneLine)
    {
        await using var emulator = await StartAsync(new("refresh", "client", JwtPublicKey: _key.ExportSubjectPublicKeyInfoPem()));
        var pem = isPkcs1 ? _key.ExportRSAPrivateKeyPem() : _key.ExportPkcs8PrivateKeyPem();
        await using var client = ClientOf(emulator, options => options.OAuthJwtKey = isOnOneLine ? pem.Replace("\n", "\\n", StringComparison.Ordinal) : pem);

        await client.Environments.ListAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Assertion_OfAnotherKey_IsUnauthenticated()
    {
        using var other = RSA.Create(2048);
        await using var emulator = await StartAsync(new("refresh", "client", JwtPublicKey: other.ExportSubjectPublicKeyInfoPem()));
        await using var client = ClientOf(emulator, options => options.OAuthJwtKey = _key.ExportPkcs8PrivateKeyPem());

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Environments.ListAsync(TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Unauthenticated, exception.Code);
        Assert.DoesNotContain("PRIVATE KEY", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Assertion_IsAJwtOfTheClient_SignedAndDifferentEachTime()
    {
        var time = new ManualTimeProvider();
        var assertions = new OAuthAssertion("client", _key.ExportPkcs8PrivateKeyPem(), time);

        var (first, second) = (assertions.Create(), assertions.Create());

        var parts = first.Split('.');
        Assert.True(_key.VerifyData(
            System.Text.Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var header = Read(parts[0]);
        Assert.Equal(("RS256", "JWT"), (header.GetProperty("alg").GetString(), header.GetProperty("typ").GetString()));
        Assert.Equal(OAuthAssertion.Thumbprint(_key.ExportParameters(includePrivateParameters: false)), header.GetProperty("kid").GetString());
        var claims = Read(parts[1]);
        Assert.Equal(
            ("client", "client", "modal-server"),
            (claims.GetProperty("iss").GetString(), claims.GetProperty("sub").GetString(), claims.GetProperty("aud").GetString()));
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal((now, now + 300), (claims.GetProperty("iat").GetInt64(), claims.GetProperty("exp").GetInt64()));
        Assert.NotEqual(claims.GetProperty("jti").GetGuid(), Read(second.Split('.')[1]).GetProperty("jti").GetGuid());
    }

    [Fact]
    public void Thumbprint_OfTheKeyInRfc7638_IsTheOneThere()
    {
        const string Modulus =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-"
            + "65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        var key = new RSAParameters { Modulus = Base64Url.DecodeFromChars(Modulus), Exponent = Base64Url.DecodeFromChars("AQAB") };

        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", OAuthAssertion.Thumbprint(key));
    }

    private static JsonElement Read(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;

    private static Task<ModalEmulator> StartAsync(ModalEmulatorOAuthCredentials required) =>
        ModalEmulator.StartAsync(new ModalEmulatorOptions { RequiredOAuthCredentials = required }, TestTimeout.Token);

    private static ModalClient ClientOf(ModalEmulator emulator, Action<ModalClientOptions> configure) => TestClient.Create(emulator.ServerUrl, options =>
    {
        (options.TokenId, options.TokenSecret) = (null, null);
        (options.OAuthRefreshToken, options.OAuthClientId) = ("refresh", "client");
        configure(options);
    });
}
