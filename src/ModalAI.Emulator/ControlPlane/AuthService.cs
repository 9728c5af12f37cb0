using System.Security.Cryptography;
using System.Text;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Credentials, and the short-lived token that calls carry beside them.</summary>
internal sealed class AuthService(ModalEmulatorCredentials? required, OAuthCredentials oauth, TokenIssuer tokens)
{
    private const string Subject = "workspace";

    public void Register(RpcService service)
        => service.Unary("AuthTokenGet", (AuthTokenGetRequest _, RpcContext _) => Task.FromResult(new AuthTokenGetResponse { Token = tokens.Issue(Subject) }));

    /// <summary>Checks what every call to the control plane carries.</summary>
    public void Authenticate(RpcContext context)
    {
        var id = context.Header("x-modal-token-id");
        var secret = context.Header("x-modal-token-secret");
        if (OAuthCredentials.AreIn(context))
        {
            if (id is not null || secret is not null)
            {
                throw RpcFailedException.Unauthenticated("The call carries a token id and secret as well as OAuth credentials; send one kind.");
            }

            oauth.Check(context, areOthersRequired: required is not null);
        }
        else
        {
            CheckToken(id, secret);
        }

        if (context.Header("x-modal-auth-token") is { } token && tokens.Verify(token, out var problem) is null)
        {
            throw RpcFailedException.Unauthenticated($"The auth token {problem}; get a new one with AuthTokenGet.");
        }
    }

    public static bool Equal(string given, string expected)
        => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));

    private void CheckToken(string? id, string? secret)
    {
        if (id is null || secret is null)
        {
            throw RpcFailedException.Unauthenticated(
                "The call carries no token id and secret, and no OAuth credentials; the emulator takes any that are not empty unless it was told otherwise.");
        }

        if (required is not null && !(Equal(id, required.TokenId) & Equal(secret, required.TokenSecret)))
        {
            throw RpcFailedException.Unauthenticated("The token id or secret is not the one that this emulator was told to require.");
        }

        if (required is null && oauth.AreRequired)
        {
            throw RpcFailedException.Unauthenticated("This emulator was told to require OAuth credentials; the call carries a token id and secret.");
        }
    }
}
