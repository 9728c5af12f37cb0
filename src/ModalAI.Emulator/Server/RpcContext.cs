using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace ModalAI.Emulator.Server;

/// <summary>What a handler may know of the call that it answers.</summary>
internal sealed class RpcContext(string rpc, IHeaderDictionary requestHeaders, RequestRecording? recording, CancellationTokenSource cancellation) : IDisposable
{
    private CancellationTokenRegistration _ending;
    private CancellationTokenRegistration _otherEnding;
    private RpcFailedException? _end;

    /// <summary>The RPC's short name, such as <c>SandboxCreateV2</c>.</summary>
    public string Rpc { get; } = rpc;

    /// <summary>Cancelled when the client resets the call, its deadline passes, or the emulator stops.</summary>
    public CancellationToken CancellationToken { get; } = cancellation.Token;

    /// <summary>What the call ended with that <see cref="EndWith"/> has ended; null for none.</summary>
    public RpcFailedException? End => Volatile.Read(ref _end);

    /// <summary>Keeps a message of the request, where requests are recorded.</summary>
    public void Record(IMessage message) => recording?.Add(message);

    /// <summary>The value of a request header; null when it is absent or empty.</summary>
    public string? Header(string name)
    {
        var value = requestHeaders[name].ToString();
        return value.Length == 0 ? null : value;
    }

    /// <summary>Ends the call with a failure once what it depends on is gone: at most two things.</summary>
    public void EndWith(RpcFailedException failure, CancellationToken gone)
    {
        var registration = gone.UnsafeRegister(
            _ =>
            {
                Interlocked.CompareExchange(ref _end, failure, null);
                cancellation.Cancel();
            },
            null);
        if (_ending == default)
        {
            _ending = registration;
        }
        else
        {
            _otherEnding.Dispose();
            _otherEnding = registration;
        }
    }

    /// <summary>The call has ended: nothing can end it any more.</summary>
    public void Dispose()
    {
        _ending.Dispose();
        _otherEnding.Dispose();
    }
}
