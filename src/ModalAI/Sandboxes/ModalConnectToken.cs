namespace ModalAI;

/// <summary>The right to send HTTP requests to a port of a sandbox, until the sandbox ends.</summary>
public sealed class ModalConnectToken
{
    internal ModalConnectToken(Uri uri, string token)
    {
        Uri = uri;
        Token = token;
    }

    /// <summary>Where to send requests.</summary>
    public Uri Uri { get; }

    /// <summary>
    /// What requests have to show: in the header <c>Authorization: Bearer</c>, or as <c>_modal_connect_token</c> in the query or in a cookie. Whoever has it may
    /// connect: keep it secret.
    /// </summary>
    public string Token { get; }

    /// <summary>The address alone.</summary>
    public override string ToString() => Uri.ToString();
}
