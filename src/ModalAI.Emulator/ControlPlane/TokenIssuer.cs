using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>
/// Issues and checks the JWTs that clients carry. Claims hold plain letters and digits only: Modal's JS SDK cannot decode a payload whose
/// base64url form has '-' or '_'.
/// </summary>
internal sealed class TokenIssuer(TimeSpan lifetime, TimeProvider time)
{
    private static readonly string Header = Encode("""{"alg":"HS256","typ":"JWT"}"""u8);

    private byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>From now on every token that was issued before is refused, however long it would have lived.</summary>
    public void Rotate() => Volatile.Write(ref _key, RandomNumberGenerator.GetBytes(32));

    /// <summary>A token for <paramref name="subject"/>, valid from now for the issuer's lifetime.</summary>
    public string Issue(string subject)
    {
        var now = time.GetUtcNow();
        var claims = JsonSerializer.SerializeToUtf8Bytes(new Claims(subject, now.ToUnixTimeSeconds(), (now + lifetime).ToUnixTimeSeconds()), JsonSerializerOptions.Web);
        var signed = $"{Header}.{Encode(claims)}";
        return $"{signed}.{Encode(Sign(signed))}";
    }

    /// <summary>The subject of a token that this issuer made and that has not expired; otherwise null and what is wrong with it.</summary>
    public string? Verify(string token, out string problem)
    {
        problem = "is not one that this emulator issued";
        var end = token.LastIndexOf('.');
        if (end < 0 || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token[(end + 1)..]), Encoding.UTF8.GetBytes(Encode(Sign(token[..end])))))
        {
            return null;
        }

        var payload = token[(token.IndexOf('.', StringComparison.Ordinal) + 1)..end];
        var claims = JsonSerializer.Deserialize<Claims>(Base64Url.DecodeFromChars(payload), JsonSerializerOptions.Web)!;
        if (time.GetUtcNow().ToUnixTimeSeconds() >= claims.Exp)
        {
            problem = "has expired";
            return null;
        }

        problem = "";
        return claims.Sub;
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private byte[] Sign(string text) => HMACSHA256.HashData(Volatile.Read(ref _key), Encoding.UTF8.GetBytes(text));

    private sealed record Claims(string Sub, long Iat, long Exp);
}
