using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>OAuth credentials of calls: a refresh token, a client's id, and the client's secret or an assertion that it has signed.</summary>
internal sealed class OAuthCredentials(ModalEmulatorOAuthCredentials? required, TimeProvider time)
{
    private const string RefreshToken = "x-modal-refresh-token";
    private const string ClientId = "x-modal-oauth-client-id";
    private const string ClientSecret = "x-modal-oauth-client-secret";
    private const string ClientAssertion = "x-modal-oauth-client-assertion";
    private const string Audience = "modal-server";

    /// <summary>Clocks differ a little.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(1);

    public bool AreRequired => required is not null;

    /// <summary>Whether a call carries any of it.</summary>
    public static bool AreIn(RpcContext context) =>
        Array.Exists([RefreshToken, ClientId, ClientSecret, ClientAssertion], header => context.Header(header) is not null);

    /// <summary>Whether a text is the PEM of an RSA key; of a private one, the public half is used.</summary>
    public static bool IsPublicKey(string pem)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            return false;
        }
    }

    public void Check(RpcContext context, bool areOthersRequired)
    {
        var secret = context.Header(ClientSecret);
        var assertion = context.Header(ClientAssertion);
        if (context.Header(RefreshToken) is not { } refreshToken || context.Header(ClientId) is not { } clientId || secret is null == assertion is null)
        {
            throw RpcFailedException.Unauthenticated("OAuth credentials are a refresh token, a client id, and either the client's secret or its assertion.");
        }

        if (required is null && areOthersRequired)
        {
            throw RpcFailedException.Unauthenticated("This emulator was told to require a token id and secret; the call carries OAuth credentials.");
        }

        if (required is not null && !(AuthService.Equal(refreshToken, required.RefreshToken) & AuthService.Equal(clientId, required.ClientId)))
        {
            throw RpcFailedException.Unauthenticated("The refresh token or client id is not the one that this emulator was told to require.");
        }

        if (secret is not null)
        {
            CheckSecret(secret);
        }
        else
        {
            CheckAssertion(assertion!, clientId);
        }
    }

    private void CheckSecret(string secret)
    {
        if (required is not null && (required.ClientSecret is null || !AuthService.Equal(secret, required.ClientSecret)))
        {
            throw RpcFailedException.Unauthenticated("The client secret is not the one that this emulator was told to require.");
        }
    }

    private void CheckAssertion(string assertion, string clientId)
    {
        var parts = assertion.Split('.');
        Header? header;
        Claims? claims;
        try
        {
            header = parts.Length == 3 ? JsonSerializer.Deserialize<Header>(Base64Url.DecodeFromChars(parts[0]), JsonSerializerOptions.Web) : null;
            claims = parts.Length == 3 ? JsonSerializer.Deserialize<Claims>(Base64Url.DecodeFromChars(parts[1]), JsonSerializerOptions.Web) : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw RpcFailedException.Unauthenticated("The client assertion is not a JWT.");
        }

        if (header is not { Alg: "RS256" } || claims is null)
        {
            throw RpcFailedException.Unauthenticated("The client assertion is not a JWT that is signed with RS256.");
        }

        var now = time.GetUtcNow();
        if (claims.Iss != clientId || claims.Sub != clientId || claims.Aud != Audience || string.IsNullOrEmpty(claims.Jti))
        {
            throw RpcFailedException.Unauthenticated($"The client assertion must have the client id as iss and sub, '{Audience}' as aud, and a jti.");
        }

        if (claims.Exp <= (now - Leeway).ToUnixTimeSeconds() || claims.Iat > (now + Leeway).ToUnixTimeSeconds())
        {
            throw RpcFailedException.Unauthenticated("The client assertion has expired, or is from the future.");
        }

        if (required is not null && (required.JwtPublicKey is not { } key || !IsSignedBy(key, parts)))
        {
            throw RpcFailedException.Unauthenticated("The client assertion is not signed with the key that this emulator was told to require.");
        }
    }

    private static bool IsSignedBy(string publicKey, string[] parts)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(publicKey);
        try
        {
            return rsa.VerifyData(
                Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private sealed record Header(string? Alg);

    private sealed record Claims(string? Iss, string? Sub, string? Aud, string? Jti, long Iat, long Exp);
}
