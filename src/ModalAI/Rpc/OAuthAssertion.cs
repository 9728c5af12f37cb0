using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModalAI.Configuration;

namespace ModalAI.Rpc;

/// <summary>
/// Signs what says that a call comes from an OAuth client: a JWT with RS256, good for five minutes and different each time (headers
/// <c>x-modal-oauth-client-assertion</c>).
/// </summary>
internal sealed class OAuthAssertion
{
    private const string Audience = "modal-server";
    private const int LifetimeSeconds = 300;

    private readonly Lock _lock = new();
    private readonly RSA _key;
    private readonly string _clientId;
    private readonly string _header;
    private readonly TimeProvider _timeProvider;

    public OAuthAssertion(string clientId, string privateKey, TimeProvider timeProvider)
    {
        _key = OAuthKey.Read(privateKey);
        _clientId = clientId;
        _timeProvider = timeProvider;
        var thumbprint = Thumbprint(_key.ExportParameters(includePrivateParameters: false));
        _header = Encode(writer =>
        {
            writer.WriteString("alg", "RS256");
            writer.WriteString("typ", "JWT");
            writer.WriteString("kid", thumbprint);
        });
    }

    public string Create()
    {
        var now = _timeProvider.GetUtcNow().ToUnixTimeSeconds();
        var claims = Encode(writer =>
        {
            writer.WriteString("iss", _clientId);
            writer.WriteString("sub", _clientId);
            writer.WriteString("aud", Audience);
            writer.WriteNumber("iat", now);
            writer.WriteNumber("exp", now + LifetimeSeconds);
            writer.WriteString("jti", Guid.NewGuid());
        });
        var signed = $"{_header}.{claims}";
        lock (_lock)
        {
            return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
        }
    }

    /// <summary>The name of a key by its content (RFC 7638).</summary>
    internal static string Thumbprint(RSAParameters key)
    {
        var canonical = $$"""{"e":"{{Base64Url.EncodeToString(key.Exponent)}}","kty":"RSA","n":"{{Base64Url.EncodeToString(key.Modulus)}}"}""";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
    }

    private static string Encode(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
