using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance;

/// <summary>What the emulator cannot do, with the switches on that let it pass.</summary>
public sealed class AcceptanceTests(AcceptanceTests.Script script) : IClassFixture<AcceptanceTests.Script>
{
    [SkippableTheory]
    [InlineData("proxy")]
    [InlineData("i6pn")]
    [InlineData("i6pnBlocked")]
    [InlineData("customDomain")]
    [InlineData("identity")]
    [InlineData("runtime")]
    [InlineData("outboundPolicyMax")]
    public async Task Option_ThatIsAccepted_GivesASandbox(string name)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.Equal("\"works\\n\"", await script.CaseAsync(backend, name));
        }
    }

    [SkippableTheory]
    [InlineData("proxyUnknown", Json.NotFound, "pr-0000000000000000000000")]
    [InlineData("outboundPolicyLater", Json.FailedPrecondition, "without an outbound policy")]
    [InlineData("outboundPolicyForeignSecret", Json.NotFound, "st-0000000000000000000000")]
    [InlineData("outboundPolicyTooMany", Json.InvalidArgument, "26 headers")]
    [InlineData("outboundPolicyBadDomain", Json.InvalidArgument, "http://a")]
    [InlineData("outboundPolicyBadHeader", Json.InvalidArgument, "a b")]
    [InlineData("outboundPolicyWithoutSecret", Json.InvalidArgument, "names none")]
    public async Task Option_ThatModalWouldRefuse_IsRefusedAllTheSame(string name, int code, string message)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.FailsWith(code, message, await script.CaseAsync(backend, name));
        }
    }

    [SkippableTheory]
    [InlineData("outboundPolicy", "InvalidError")]
    [InlineData("outboundPolicyWithDomains", "InvalidError")]
    [InlineData("outboundPolicyBlocked", "InvalidError")]
    public async Task OutboundPolicy_ThatTheSdkRefuses_FailsWithItsErrorClass(string name, string errorClass)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.FailsWith(errorClass, await script.CaseAsync(backend, name));
        }
    }

    public sealed class Script() : ScriptFixture(
        "accepted.mjs",
        static options =>
        {
            options.Accept = ModalEmulatorAcceptance.All;
            options.Proxies.Add("static");
        });
}
