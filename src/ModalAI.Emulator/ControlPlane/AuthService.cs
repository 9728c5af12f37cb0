using System.Security.Cryptography;
using System.Text;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Credentials, and the short-lived token that calls carry beside them.</summary>
internal sealed class AuthService(ModalEmulatorCredentials? required, TokenIssuer tokens)
{
    private const string Subject = "workspace";

    public void Register(RpcService service)
        => service.Unary("AuthTokenGet", (AuthTokenGetRequest _, RpcContext _) => Task.FromResult(new AuthTokenGetResponse { Token = tokens.Issue(Subject) }));

    /// <summary>Checks what every call to the control plane carries.</summary>
    public void Authenticate(RpcContext context)
    {
        if (context.Header("x-modal-token-id") is not { } id || context.Header("x-modal-token-secret") is not { } secret)
        {
            throw RpcFailedException.Unauthenticated(
                "The call carries no token id and secret; the emulator takes any that are not empty unless it was told otherwise.");
        }

        if (required is not null && !(Equal(id, required.TokenId) & Equal(secret, required.TokenSecret)))
        {
            throw RpcFailedException.Unauthenticated("The token id or secret is not the one that this emulator was told to require.");
        }

        if (context.Header("x-modal-auth-token") is { } token && tokens.Verify(token, out var problem) is null)
        {
            throw RpcFailedException.Unauthenticated($"The auth token {problem}; get a new one with AuthTokenGet.");
        }
    }

    private static bool Equal(string given, string expected)
        => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));
}
