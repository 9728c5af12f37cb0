namespace ModalAI.Emulator;

/// <summary>OAuth credentials, as Modal's clients send them.</summary>
/// <param name="RefreshToken">The refresh token.</param>
/// <param name="ClientId">The id of the OAuth client.</param>
/// <param name="ClientSecret">The client's secret; null where it may not identify itself so.</param>
/// <param name="JwtPublicKey">The PEM of the RSA public key that checks the client's signed assertions; null where it may not identify itself so.</param>
public sealed record ModalEmulatorOAuthCredentials(string RefreshToken, string ClientId, string? ClientSecret = null, string? JwtPublicKey = null)
{
    /// <summary>The client id only: tokens and secrets never show.</summary>
    public override string ToString() => $"{nameof(ModalEmulatorOAuthCredentials)} {{ {nameof(ClientId)} = {ClientId} }}";
}
