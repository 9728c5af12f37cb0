using System.Buffers.Text;
using System.Text.Json;

namespace ModalAI.Rpc;

/// <summary>Reads when a JSON Web Token expires; nothing else in it is of interest here, and nothing is verified.</summary>
internal static class JwtExpiry
{
    public static DateTimeOffset? Read(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3)
        {
            return null;
        }

        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1].TrimEnd('=').Replace('+', '-').Replace('/', '_')));
            return claims.RootElement.ValueKind == JsonValueKind.Object
                && claims.RootElement.TryGetProperty("exp", out var expiry)
                && expiry.TryGetDouble(out var seconds)
                && seconds is > 0 and < 253402300800
                    ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
                    : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }
}
