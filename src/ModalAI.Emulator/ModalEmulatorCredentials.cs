namespace ModalAI.Emulator;

/// <summary>A token id and secret, as Modal's clients send them.</summary>
/// <param name="TokenId">The token id, such as <c>ak-...</c>.</param>
/// <param name="TokenSecret">The token secret, such as <c>as-...</c>.</param>
public sealed record ModalEmulatorCredentials(string TokenId, string TokenSecret)
{
    /// <summary>The token id only: the secret never shows.</summary>
    public override string ToString() => $"{nameof(ModalEmulatorCredentials)} {{ {nameof(TokenId)} = {TokenId} }}";
}
