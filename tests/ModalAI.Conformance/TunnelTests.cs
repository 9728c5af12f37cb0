using System.Text.Json;
using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class TunnelTests(TunnelTests.Script script) : IClassFixture<TunnelTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnel_OfAnEncryptedPort_EndsTlsAndForwards(Backend backend)
    {
        var result = await script.CaseAsync(backend, "https");

        Assert.StartsWith("https://127.0.0.1:", result.Text("url"), StringComparison.Ordinal);
        Assert.Equal(200, result.Number("status"));
        Assert.Equal("yes", result.Text("inside"));
        Assert.Equal("GET /path?x=1 HTTP/1.1", result.Text("line"));
        Json.FailsWith("InvalidError", result.GetProperty("tcp"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnel_OfAnEncryptedPort_PassesPlaintextOn(Backend backend)
        => Json.Equal("200", await script.CaseAsync(backend, "plaintextThroughTheEncryptedTunnel"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnel_OfAnUnencryptedPort_PassesBytesAndTheirEndOn(Backend backend)
        => Json.Equal("""{"answer":"got hello","tls":200}""", await script.CaseAsync(backend, "unencrypted"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnel_OfAnH2Port_OffersHttp2(Backend backend)
        => Json.Equal("""{"h2":"h2","encrypted":true}""", await script.CaseAsync(backend, "http2"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnels_OfSeveralKinds_AreFoundByPort(Backend backend)
        => Json.Equal("""[["8000",false],["8001",false],["8002",true]]""", await script.CaseAsync(backend, "kinds"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnels_OfTwoSandboxes_MayLeadToTheSamePort(Backend backend)
    {
        Skip.IfNot(File.Exists("/usr/sbin/nft"), "nft, Debian's package nftables, is not installed.");
        Json.Equal("""{"up":["up\n","up\n"],"different":true,"statuses":[200,200]}""", await script.CaseAsync(backend, "samePortTwice"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnel_WithNobodyInside_ResetsTheConnection(Backend backend)
        => Json.Equal("\"ECONNRESET\"", await script.CaseAsync(backend, "nothingListens"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnels_OfASandboxWithoutPorts_AreNone(Backend backend) => Json.Equal("{}", await script.CaseAsync(backend, "none"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnels_OfASandboxFoundById_AreTheSame(Backend backend) => Json.Equal("true", await script.CaseAsync(backend, "fromId"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tunnels_AfterTheEnd_AreClosed(Backend backend)
    {
        var result = await script.CaseAsync(backend, "afterTheEnd");

        Assert.Equal(200, result.Number("before"));
        Assert.Equal("ECONNREFUSED", result.Text("connected"));
        Json.FailsWith("SandboxTimeoutError", result.GetProperty("tunnels"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1, "blockedNetwork", "open ports")]
    [InlineData(Backend.V2, "blockedNetwork", "open ports")]
    [InlineData(Backend.V1, "portZero", "port 0")]
    [InlineData(Backend.V2, "portZero", "port 0")]
    [InlineData(Backend.V1, "portTooHigh", "65536")]
    [InlineData(Backend.V2, "portTooHigh", "65536")]
    [InlineData(Backend.V1, "portTwice", "8000")]
    [InlineData(Backend.V2, "portTwice", "8000")]
    [InlineData(Backend.V1, "inboundBad", "everywhere")]
    [InlineData(Backend.V2, "inboundBad", "everywhere")]
    [InlineData(Backend.V1, "connectTokenBadMetadata", "metadata")]
    [InlineData(Backend.V2, "connectTokenBadMetadata", "metadata")]
    public async Task Option_ThatIsWrong_IsInvalidAndNamed(Backend backend, string name, string message)
        => Json.FailsWith(Json.InvalidArgument, message, await script.CaseAsync(backend, name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task InboundAllowlist_OfASandbox_IsAppliedToTheClientsAddress(Backend backend)
    {
        Json.Equal("200", await script.CaseAsync(backend, "inbound"));
        Json.Equal("""{"tunnel":"ECONNRESET","token":403}""", await script.CaseAsync(backend, "inboundElsewhere"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task ConnectToken_InHeaderQueryOrCookie_OpensThePortAndSaysWhoCame(Backend backend)
    {
        var result = await script.CaseAsync(backend, "connectToken");

        var bearer = Inside(result, "bearer");
        Assert.StartsWith("GET /a%2Fb?x=1&y=%20 HTTP/1.1\r\n", bearer, StringComparison.Ordinal);
        Assert.Contains("X-Verified-User-Data: user é 7\r\n", bearer, StringComparison.Ordinal);
        Assert.Contains("x-kept: kept\r\n", bearer, StringComparison.Ordinal);
        Assert.Contains("Cookie: a=b\r\n", bearer, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", bearer, StringComparison.Ordinal);
        Assert.StartsWith("GET /q?x=1 HTTP/1.1\r\n", Inside(result, "query"), StringComparison.Ordinal);
        Assert.Contains("Cookie: a=b; c=d\r\n", Inside(result, "cookie"), StringComparison.Ordinal);
        Assert.False(result.Flag("leaked"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task ConnectToken_WithoutMetadata_StripsAForgedHeader(Backend backend)
        => Json.Equal("false", await script.CaseAsync(backend, "connectTokenWithoutMetadata"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task ConnectToken_WithoutAPort_OpensPort8080(Backend backend) => Json.Equal("200", await script.CaseAsync(backend, "connectTokenDefaultPort"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task ConnectToken_ThatIsWrongOrOver_IsRefused(Backend backend)
    {
        var result = await script.CaseAsync(backend, "connectTokenWrong");

        Assert.Equal(401, result.Number("none"));
        Assert.Equal(401, result.Number("wrong"));
        Assert.Equal(502, result.Number("nothingListens"));
        Assert.Equal(401, result.Number("ended"));
        Json.FailsWith(Json.FailedPrecondition, "has ended", result.GetProperty("again"));
    }

    private static string Inside(JsonElement result, string name)
    {
        var answer = result.GetProperty(name);
        Assert.Equal(200, answer.Number("status"));
        return answer.Text("body");
    }

    public sealed class Script() : ScriptFixture("tunnels.mjs");
}
