using System.Text.Json.Nodes;
using Xunit;

namespace ModalAI.Conformance.Wire;

/// <summary>The comparison itself: what it must see, and what it must not mind.</summary>
public sealed class WireComparisonTests
{
    [Fact]
    public void Compare_EqualCallsInAnotherOrder_AreTheSame() =>
        Assert.Empty(WireComparison.Compare([Call("A", """{"x":1}"""), Call("B", """{"y":[1,2]}""")], [Call("B", """{"y":[1,2]}"""), Call("A", """{"x":1}""")]));

    [Theory]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":2}}""", "a.b", "1", "2")]
    [InlineData("""{"a":{"b":1}}""", """{}""", "a.b", "1", null)]
    [InlineData("""{}""", """{"a":{}}""", "a", null, "{}")]
    [InlineData("""{"a":[1,3]}""", """{"a":[1,2,3]}""", "a[1]", null, "2")]
    [InlineData("""{"a":[1,2,3]}""", """{"a":[1,3]}""", "a[1]", "2", null)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,"2"]}""", "a[1]", "2", "\"2\"")]
    public void Compare_OneDifference_IsToldWithItsPlace(string sdk, string ours, string path, string? sdkValue, string? oursValue) =>
        Assert.Equal([new WireDifference("Rpc", path, sdkValue, oursValue)], WireComparison.Compare([Call("Rpc", sdk)], [Call("Rpc", ours)]));

    [Fact]
    public void Compare_CallThatOnlyOneMakes_IsToldWhole() =>
        Assert.Equal(
            [new WireDifference("Rpc", "", """{"x":2}""", null)],
            WireComparison.Compare([Call("Rpc", """{"x":1}"""), Call("Rpc", """{"x":2}""")], [Call("Rpc", """{"x":1}""")]));

    [Fact]
    public void Compare_SeveralCallsOfAnRpc_SetsTheMostAlikeBesideOneAnother() =>
        Assert.Equal(
            [new WireDifference("Rpc", "y", "2", "3")],
            WireComparison.Compare([Call("Rpc", """{"x":1}"""), Call("Rpc", """{"x":9,"y":2}""")], [Call("Rpc", """{"x":9,"y":3}"""), Call("Rpc", """{"x":1}""")]));

    [Fact]
    public void Names_OfIdsAndTimes_AreTheSameInEveryRun()
    {
        const string First = """{"sandbox_id":"sb-01ARZ3NDEKTSV4RRFFQ69G5FAV","exec":["8f0a3cd6-1111-4a3d-9d7e-000000000001","8f0a3cd6-1111-4a3d-9d7e-000000000002"],"before_timestamp":1.5}""";
        const string Second = """{"sandbox_id":"sb-01BX5ZZKBKACTAV9WEVGEMMVRZ","exec":["0e0a3cd6-1111-4a3d-9d7e-000000000008","0e0a3cd6-1111-4a3d-9d7e-000000000009"],"before_timestamp":2.5}""";

        var first = new WireNames().Replace(JsonNode.Parse(First))!;

        Assert.True(JsonNode.DeepEquals(first, new WireNames().Replace(JsonNode.Parse(Second))));
        Assert.Equal("<sb 1>", first["sandbox_id"]!.GetValue<string>());
        Assert.Equal("<uuid 2>", first["exec"]![1]!.GetValue<string>());
    }

    [Fact]
    public void Names_OfAnotherReference_AreNotTheSame()
    {
        const string Same = """["sb-01ARZ3NDEKTSV4RRFFQ69G5FAV","sb-01ARZ3NDEKTSV4RRFFQ69G5FAV"]""";
        const string Other = """["sb-01ARZ3NDEKTSV4RRFFQ69G5FAV","sb-01BX5ZZKBKACTAV9WEVGEMMVRZ"]""";

        Assert.False(JsonNode.DeepEquals(new WireNames().Replace(JsonNode.Parse(Same)), new WireNames().Replace(JsonNode.Parse(Other))));
    }

    private static WireCall Call(string rpc, string content) => new(rpc, JsonNode.Parse(content)!.AsObject());
}
