using System.Text.Json;
using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance;

public sealed class NetworkTests(NetworkTests.Script script) : IClassFixture<NetworkTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task CidrAllowlist_OfASandbox_LetsThroughWhatItListsAndNothingElse(Backend backend)
        => Json.Equal(
            """
            {
              "outside":"outside","byName":"outside","loopback":"ECONNREFUSED","mapped":"ECONNREFUSED","any":"ECONNREFUSED",
              "elsewhere":"ECONNREFUSED","elsewhereByName":"EAI_AGAIN"
            }
            """,
            await CaseAsync(backend, "allowed"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task CidrAllowlist_WithOtherNetworks_RefusesTheConnection(Backend backend)
        => Json.Equal("\"ECONNREFUSED\"", await CaseAsync(backend, "otherNetwork"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task CidrAllowlist_OfEverything_DoesNotReachTheLoopbackOfTheComputer(Backend backend)
    {
        var result = await CaseAsync(backend, "everything");

        Assert.Equal("outside", result.Text("outside"));
        Assert.Equal("ECONNREFUSED", result.Text("loopback"));
        Assert.Equal("ENOTFOUND", result.Text("nobody"));
        Assert.DoesNotContain("inside", result.Text("nameOfLoopback"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Allowlists_ThatAreEmpty_LetNothingThrough(Backend backend)
        => Json.Equal("""{"outside":"ECONNREFUSED","byName":"EAI_AGAIN"}""", await CaseAsync(backend, "empty"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Allowlist_OfASandbox_LetsNoDatagramsThrough(Backend backend) => Json.Equal("\"EPERM\"", await CaseAsync(backend, "datagrams"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Allowlist_OfASandbox_CannotBeChangedFromInside(Backend backend)
        => Json.Equal("""{"failed":true,"after":"ECONNREFUSED"}""", await CaseAsync(backend, "rulesOfItsOwn"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task DomainAllowlist_OfASandbox_LetsTlsThroughByItsServerName(Backend backend)
    {
        var result = await TlsCaseAsync(backend, "domains");

        Assert.Equal("tls host.example", result.Text("byName"));
        Assert.Equal("tls a.wild.example", result.Text("wildcard"));
        Assert.Equal("tls wild.example", result.Text("apex"));
        Assert.Equal("EAI_AGAIN", result.Text("otherName"));
        Assert.Equal("ECONNRESET", result.Text("otherNameByAddress"));
        Assert.Equal("tls host.example", result.Text("wrongAddress"));
        Assert.Equal("ECONNREFUSED", result.Text("notTls"));
        Assert.Equal("ECONNRESET", result.Text("plaintextOnTheTlsPort"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task DomainAllowlist_WithACidrAllowlist_AddsToIt(Backend backend)
        => Json.Equal("""{"domain":"tls host.example","address":"ECONNREFUSED"}""", await TlsCaseAsync(backend, "domainsAndCidrs"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task DomainAllowlist_OfABareWildcard_AllowsEverything(Backend backend)
        => Json.Equal("""{"tls":"tls other.example","tcp":"outside"}""", await TlsCaseAsync(backend, "anyDomain"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task UpdateNetworkPolicy_OfARunningSandbox_ReplacesItAndCutsWhatItNoLongerAllows(Backend backend)
        => Json.Equal(
            """{"greeting":"outside","kept":"outside","cut":true,"refused":"ECONNREFUSED","again":"outside"}""", await CaseAsync(backend, "update"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task UpdateNetworkPolicy_OfAnOpenSandboxWithTunnels_Restricts(Backend backend)
        => Json.Equal("""{"outside":"outside","loopback":"ECONNREFUSED","after":"ECONNREFUSED"}""", await CaseAsync(backend, "updateOpen"));

    [SkippableTheory]
    [InlineData(Backend.V1, "updateShared", Json.FailedPrecondition, "SeparateNetworks")]
    [InlineData(Backend.V2, "updateShared", Json.FailedPrecondition, "SeparateNetworks")]
    [InlineData(Backend.V1, "updateBlocked", Json.FailedPrecondition, "blocked")]
    [InlineData(Backend.V2, "updateBlocked", Json.FailedPrecondition, "blocked")]
    [InlineData(Backend.V1, "updateBad", Json.InvalidArgument, "10.0.0.0/33")]
    [InlineData(Backend.V2, "updateBad", Json.InvalidArgument, "10.0.0.0/33")]
    [InlineData(Backend.V1, "badCidr", Json.InvalidArgument, "not-a-cidr")]
    [InlineData(Backend.V2, "badCidr", Json.InvalidArgument, "not-a-cidr")]
    [InlineData(Backend.V1, "badCidrV6", Json.InvalidArgument, "2001:db8::/32")]
    [InlineData(Backend.V2, "badCidrV6", Json.InvalidArgument, "2001:db8::/32")]
    [InlineData(Backend.V1, "badDomain", Json.InvalidArgument, "https://example.com")]
    [InlineData(Backend.V2, "badDomain", Json.InvalidArgument, "https://example.com")]
    [InlineData(Backend.V1, "badRegion", Json.InvalidArgument, "atlantis")]
    [InlineData(Backend.V2, "badRegion", Json.InvalidArgument, "atlantis")]
    [InlineData(Backend.V1, "badCloud", Json.InvalidArgument, "nimbus")]
    [InlineData(Backend.V2, "badCloud", Json.InvalidArgument, "nimbus")]
    [InlineData(Backend.V1, "i6pn", Json.FailedPrecondition, "i6pn")]
    [InlineData(Backend.V2, "i6pn", Json.FailedPrecondition, "i6pn")]
    [InlineData(Backend.V1, "outboundPolicy", Json.FailedPrecondition, "outbound policies")]
    [InlineData(Backend.V2, "outboundPolicy", Json.FailedPrecondition, "outbound policies")]
    public async Task Option_ThatTheServerRefuses_IsRefusedByName(Backend backend, string name, int code, string message)
        => Json.FailsWith(code, message, await CaseAsync(backend, name));

    [SkippableTheory]
    [InlineData("updateHalf", "InvalidError")]
    [InlineData("blockedWithList", "InvalidError")]
    [InlineData("blockedWithInbound", "Error")]
    [InlineData("blockedWithI6pn", "InvalidError")]
    [InlineData("proxyUnknown", "NotFoundError")]
    public async Task Option_ThatTheSdkRefuses_FailsWithItsErrorClass(string name, string errorClass)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.FailsWith(errorClass, await CaseAsync(backend, name));
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Proxy_OfTheOptions_IsFoundAndNotUsed(Backend backend)
    {
        var result = await CaseAsync(backend, "proxy");

        Assert.Matches(@"\Apr-[0-9A-Za-z]{22}\z", result.Text("id"));
        Json.FailsWith(Json.FailedPrecondition, "proxies", result.GetProperty("used"));
    }

    private Task<JsonElement> CaseAsync(Backend backend, string name)
    {
        Skip.If(Outside.Address.Length == 0, "This computer has no address but its loopback's.");
        Skip.IfNot(File.Exists("/usr/sbin/nft"), "nft, Debian's package nftables, is not installed.");
        return script.CaseAsync(backend, name);
    }

    private Task<JsonElement> TlsCaseAsync(Backend backend, string name)
    {
        Skip.IfNot(System.Environment.IsPrivilegedProcess, "Only root may listen on port 443.");
        return CaseAsync(backend, name);
    }

    public sealed class Script() : ScriptFixture(
        "network.mjs",
        static options =>
        {
            Outside.Configure(options);
            options.Proxies.Add("static");
        },
        Outside.Environment);
}
