using System.Security.Cryptography;
using System.Text.Json;
using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance;

/// <summary>Modal's SDK as an OAuth client. Empty variables count as none, so the token of the other tests is out of the way.</summary>
public sealed class OAuthTests : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);

    public void Dispose() => _key.Dispose();

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientSecret_ThatIsRight_IsAccepted(bool isRequired)
    {
        await using var emulator = await StartAsync(isRequired ? new ModalEmulatorOAuthCredentials("refresh", "client", ClientSecret: "secret") : null);

        Json.Succeeds(await ConnectAsync(emulator, ("MODAL_OAUTH_CLIENT_SECRET", "secret")));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Assertion_OfTheRightKey_IsAccepted(bool isRequired)
    {
        await using var emulator = await StartAsync(isRequired ? new ModalEmulatorOAuthCredentials("refresh", "client", JwtPublicKey: _key.ExportSubjectPublicKeyInfoPem()) : null);

        Json.Succeeds(await ConnectAsync(emulator, ("MODAL_OAUTH_JWT_KEY", _key.ExportPkcs8PrivateKeyPem())));
    }

    [SkippableFact]
    public async Task Assertion_OfAKeyOnOneLine_IsAccepted()
    {
        await using var emulator = await StartAsync(new ModalEmulatorOAuthCredentials("refresh", "client", JwtPublicKey: _key.ExportSubjectPublicKeyInfoPem()));

        Json.Succeeds(await ConnectAsync(emulator, ("MODAL_OAUTH_JWT_KEY", _key.ExportPkcs8PrivateKeyPem().Replace("\n", "\\n", StringComparison.Ordinal))));
    }

    [SkippableFact]
    public async Task Assertion_OfAnotherKey_IsUnauthenticated()
    {
        using var other = RSA.Create(2048);
        await using var emulator = await StartAsync(new ModalEmulatorOAuthCredentials("refresh", "client", JwtPublicKey: other.ExportSubjectPublicKeyInfoPem()));

        Json.FailsWith(Json.Unauthenticated, "not signed with the key", await ConnectAsync(emulator, ("MODAL_OAUTH_JWT_KEY", _key.ExportPkcs8PrivateKeyPem())));
    }

    [SkippableTheory]
    [InlineData("refresh", "client", "other", "client secret")]
    [InlineData("refresh", "other", "secret", "refresh token or client id")]
    [InlineData("other", "client", "secret", "refresh token or client id")]
    public async Task Credentials_ThatAreNotTheRequired_AreUnauthenticated(string refreshToken, string clientId, string secret, string message)
    {
        await using var emulator = await StartAsync(new ModalEmulatorOAuthCredentials(refreshToken, clientId, secret));

        Json.FailsWith(Json.Unauthenticated, message, await ConnectAsync(emulator, ("MODAL_OAUTH_CLIENT_SECRET", "secret")));
    }

    [SkippableFact]
    public async Task Token_WhereOAuthIsRequired_IsUnauthenticated()
    {
        await using var emulator = await StartAsync(new ModalEmulatorOAuthCredentials("refresh", "client", "secret"));

        var result = await ModalSdk.RunAsync("auth.mjs", emulator.ServerUrl, Backend.V2);

        Json.FailsWith(Json.Unauthenticated, "require OAuth", result.GetProperty("app").GetProperty("value"));
    }

    [SkippableFact]
    public async Task OAuth_WhereATokenIsRequired_IsUnauthenticated()
    {
        await using var emulator = await ModalEmulator.StartAsync(new ModalEmulatorOptions { RequiredCredentials = new ModalEmulatorCredentials("ak-x", "as-x") });

        Json.FailsWith(Json.Unauthenticated, "require a token", await ConnectAsync(emulator, ("MODAL_OAUTH_CLIENT_SECRET", "secret")));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Sandbox_OfAnOAuthClient_RunsCommands(Backend backend)
    {
        await using var emulator = await StartAsync(new ModalEmulatorOAuthCredentials("refresh", "client", "secret"));

        var result = await ModalSdk.RunAsync("oauth.mjs", emulator.ServerUrl, backend, Variables(("MODAL_OAUTH_CLIENT_SECRET", "secret")));

        Assert.Equal("served\n", result.GetProperty("sandbox").Text("value"));
    }

    private static Task<ModalEmulator> StartAsync(ModalEmulatorOAuthCredentials? required) =>
        ModalEmulator.StartAsync(new ModalEmulatorOptions { RequiredOAuthCredentials = required });

    private static Dictionary<string, string> Variables((string Name, string Value) proof) => new()
    {
        ["MODAL_TOKEN_ID"] = "",
        ["MODAL_TOKEN_SECRET"] = "",
        ["MODAL_OAUTH_REFRESH_TOKEN"] = "refresh",
        ["MODAL_OAUTH_CLIENT_ID"] = "client",
        [proof.Name] = proof.Value,
    };

    private static async Task<JsonElement> ConnectAsync(ModalEmulator emulator, (string Name, string Value) proof) =>
        (await ModalSdk.RunAsync("auth.mjs", emulator.ServerUrl, Backend.V2, Variables(proof))).GetProperty("app").GetProperty("value");
}
