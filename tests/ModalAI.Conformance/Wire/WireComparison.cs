using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModalAI.Conformance.Wire;

/// <summary>
/// Compares what two clients sent, RPC by RPC. The order between RPCs does not count, since this client sends side by side what the SDK sends one after the
/// other; within an RPC each call is set beside the one that is most like it.
/// </summary>
internal static class WireComparison
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static List<WireDifference> Compare(IReadOnlyCollection<WireCall> sdk, IReadOnlyCollection<WireCall> ours) =>
    [
        .. sdk.Concat(ours).Select(call => call.Rpc).Distinct().Order(StringComparer.Ordinal).SelectMany(rpc => CompareRpc(
            rpc, [.. sdk.Where(call => call.Rpc == rpc).Select(call => call.Content)], [.. ours.Where(call => call.Rpc == rpc).Select(call => call.Content)])),
    ];

    private static List<WireDifference> CompareRpc(string rpc, List<JsonObject> sdk, List<JsonObject> ours)
    {
        var differences = new List<WireDifference>();
        while (sdk.Count > 0 && ours.Count > 0)
        {
            var (theirs, mine, found) = (
                from left in sdk
                from right in ours
                let between = Compare(rpc, "", left, right).ToList()
                orderby between.Count
                select (left, right, between)).First();
            sdk.Remove(theirs);
            ours.Remove(mine);
            differences.AddRange(found);
        }

        differences.AddRange(sdk.Select(call => new WireDifference(rpc, "", Text(call), null)));
        differences.AddRange(ours.Select(call => new WireDifference(rpc, "", null, Text(call))));
        return differences;
    }

    private static IEnumerable<WireDifference> Compare(string rpc, string path, JsonNode? sdk, JsonNode? ours) => (sdk, ours) switch
    {
        (JsonObject left, JsonObject right) => CompareFields(rpc, path, left, right),
        (JsonArray left, JsonArray right) => CompareLists(rpc, path, left, right),

        // Something that only one sends is told by its fields, so that each can have its reason.
        (null, JsonObject { Count: > 0 } right) => CompareFields(rpc, path, [], right),
        (JsonObject { Count: > 0 } left, null) => CompareFields(rpc, path, left, []),
        (null, JsonArray right) => CompareLists(rpc, path, [], right),
        (JsonArray left, null) => CompareLists(rpc, path, left, []),
        _ when JsonNode.DeepEquals(sdk, ours) => [],
        _ => [new WireDifference(rpc, path, Text(sdk), Text(ours))],
    };

    private static IEnumerable<WireDifference> CompareFields(string rpc, string path, JsonObject sdk, JsonObject ours) =>
        sdk.Select(entry => entry.Key).Union(ours.Select(entry => entry.Key))
            .SelectMany(key => Compare(rpc, path.Length > 0 ? $"{path}.{key}" : key, sdk[key], ours[key]));

    /// <summary>Sets beside one another what stands between equal elements; what is left over is on one side only.</summary>
    private static IEnumerable<WireDifference> CompareLists(string rpc, string path, JsonArray sdk, JsonArray ours)
    {
        var (i, j) = (0, 0);
        foreach (var (nextI, nextJ) in CommonElements(sdk, ours).Append((sdk.Count, ours.Count)))
        {
            for (; i < nextI || j < nextJ; i += i < nextI ? 1 : 0, j += j < nextJ ? 1 : 0)
            {
                var position = $"{path}[{(j < nextJ ? j : i)}]";
                foreach (var difference in Compare(rpc, position, i < nextI ? sdk[i] : null, j < nextJ ? ours[j] : null))
                {
                    yield return difference;
                }
            }

            (i, j) = (nextI + 1, nextJ + 1);
        }
    }

    /// <summary>A longest common subsequence, as pairs of positions.</summary>
    private static List<(int Sdk, int Ours)> CommonElements(JsonArray sdk, JsonArray ours)
    {
        var lengths = new int[sdk.Count + 1, ours.Count + 1];
        for (var i = sdk.Count - 1; i >= 0; i--)
        {
            for (var j = ours.Count - 1; j >= 0; j--)
            {
                lengths[i, j] = JsonNode.DeepEquals(sdk[i], ours[j]) ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        var common = new List<(int, int)>();
        for (var (i, j) = (0, 0); i < sdk.Count && j < ours.Count;)
        {
            if (JsonNode.DeepEquals(sdk[i], ours[j]))
            {
                common.Add((i++, j++));
            }
            else if (lengths[i + 1, j] >= lengths[i, j + 1])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return common;
    }

    private static string? Text(JsonNode? node) => node?.ToJsonString(Readable);
}
