using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace ModalAI.Emulator.Server;

/// <summary>What a handler may know of the call that it answers.</summary>
internal sealed class RpcContext(string rpc, IHeaderDictionary requestHeaders, RequestRecording? recording, CancellationToken cancellationToken)
{
    /// <summary>The RPC's short name, such as <c>SandboxCreateV2</c>.</summary>
    public string Rpc { get; } = rpc;

    /// <summary>Cancelled when the client resets the call, its deadline passes, or the emulator stops.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Keeps a message of the request, where requests are recorded.</summary>
    public void Record(IMessage message) => recording?.Add(message);

    /// <summary>The value of a request header; null when it is absent or empty.</summary>
    public string? Header(string name)
    {
        var value = requestHeaders[name].ToString();
        return value.Length == 0 ? null : value;
    }
}
