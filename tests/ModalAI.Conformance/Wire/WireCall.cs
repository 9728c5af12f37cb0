using System.Text.Json.Nodes;
using ModalAI.Emulator;

namespace ModalAI.Conformance.Wire;

/// <summary>A request with what differs from run to run replaced: <c>headers</c>, and the one message or the list of a stream's.</summary>
internal sealed record WireCall(string Rpc, JsonObject Content)
{
    /// <summary>Asked again until something happens: how often is a matter of time, so that equal ones count as one.</summary>
    private static readonly HashSet<string> Polls =
    [
        "SandboxWait", "SandboxWaitV2", "SandboxGetTaskId", "SandboxGetTaskIdV2", "TaskExecWait", "TaskContainerWait", "ImageJoinStreaming", "SandboxGetLogs",
    ];

    public static List<WireCall> From(IEnumerable<ModalEmulatorRequest> requests)
    {
        var names = new WireNames();
        var calls = requests.Select(request => From(request, names)).ToList();
        return [.. calls.Where((call, index) => !Polls.Contains(call.Rpc) || !calls.Take(index).Any(call.Equals))];
    }

    public bool Equals(WireCall? other) => other is not null && Rpc == other.Rpc && JsonNode.DeepEquals(Content, other.Content);

    public override int GetHashCode() => Rpc.GetHashCode(StringComparison.Ordinal);

    private static WireCall From(ModalEmulatorRequest request, WireNames names)
    {
        var headers = new JsonObject();
        foreach (var (name, value) in request.Headers)
        {
            headers[name] = WireNames.OfHeader(name, value);
        }

        var messages = request.Messages.Select(message => names.Replace(JsonNode.Parse(message)!)).ToArray();
        var content = new JsonObject { ["headers"] = headers };
        if (messages is [JsonObject single])
        {
            foreach (var (name, value) in single.ToArray())
            {
                single.Remove(name);
                content[name] = value;
            }
        }
        else
        {
            content["messages"] = new JsonArray(messages);
        }

        return new WireCall(request.Rpc, content);
    }
}
