using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Where a task's command router is, and the token that opens it.</summary>
internal sealed class RouterAccess(TokenIssuer tokens)
{
    /// <summary>Modal's Python SDK and containers: the client types that read the URL's scheme as it stands.</summary>
    private static readonly string[] LiteralClients = ["1", "3"];

    private int _port;

    /// <summary>The port is known only once the server listens, and another one once the router has moved.</summary>
    public void Listen(int port) => Volatile.Write(ref _port, port);

    /// <summary>Refuses every token that was issued before.</summary>
    public void Rotate() => tokens.Rotate();

    /// <summary>
    /// The router's URL for a client. Modal's JS and Go SDKs want https and dial a local router in plaintext all the same; its Python SDK would
    /// speak TLS to it.
    /// </summary>
    public string Url(RpcContext context)
    {
        var scheme = LiteralClients.Contains(context.Header("x-modal-client-type")) ? "http" : "https";
        return $"{scheme}://127.0.0.1:{Volatile.Read(ref _port)}";
    }

    public string Token(string taskId) => tokens.Issue(taskId);

    /// <summary>Checks that a call to the router may act on a task.</summary>
    public void Authorize(RpcContext context, string taskId)
    {
        const string Bearer = "Bearer ";
        var header = context.Header("authorization");
        if (header?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is not true)
        {
            throw RpcFailedException.Unauthenticated("The call carries no 'authorization: Bearer' token; get one with SandboxGetCommandRouterAccess.");
        }

        var subject = tokens.Verify(header[Bearer.Length..].Trim(), out var problem)
            ?? throw RpcFailedException.Unauthenticated($"The router token {problem}; get a new one with SandboxGetCommandRouterAccess.");
        if (subject != taskId)
        {
            throw RpcFailedException.Unauthenticated($"The router token is for another task than '{taskId}'.");
        }
    }
}
