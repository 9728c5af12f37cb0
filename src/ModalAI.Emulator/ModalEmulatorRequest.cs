namespace ModalAI.Emulator;

/// <summary>One request as the emulator took it, decoded. It holds all that was sent: values of secrets, credentials, file contents.</summary>
public sealed class ModalEmulatorRequest
{
    private readonly Lock _gate = new();
    private readonly List<string> _messages = [];

    internal ModalEmulatorRequest(string service, string rpc, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        Service = service;
        Rpc = rpc;
        Headers = headers;
    }

    /// <summary>The protobuf service, <c>modal.client.ModalClient</c> or <c>modal.task_command_router.TaskCommandRouter</c>.</summary>
    public string Service { get; }

    /// <summary>The RPC's short name, such as <c>SandboxCreateV2</c>.</summary>
    public string Rpc { get; }

    /// <summary>The request's headers in lower case, in the order in which they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>
    /// The messages that were read, each a JSON object: one for a unary request, one for each part of a stream, none where the call failed before. Fields have
    /// their names of the <c>.proto</c> files and are there when they were sent; enums are names. Bytes are Base64 up to 1 KiB and
    /// <c>{"length":…,"sha256":"…"}</c> beyond. What the emulator does not know of a message is counted in <c>"$unknown_bytes"</c>.
    /// </summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>Characters held; guarded by the recorder.</summary>
    internal long Size { get; set; }

    /// <summary>Whether the recorder has let go of it.</summary>
    internal bool IsDropped { get; set; }

    internal void Add(string message)
    {
        lock (_gate)
        {
            _messages.Add(message);
        }
    }

    /// <summary>The RPC's name alone: messages hold what belongs in no log.</summary>
    public override string ToString() => Rpc;
}
