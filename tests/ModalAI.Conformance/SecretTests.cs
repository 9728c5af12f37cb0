using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class SecretTests(SecretTests.Script script) : IClassFixture<SecretTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1, "named", "named value\n")]
    [InlineData(Backend.V2, "named", "named value\n")]
    [InlineData(Backend.V1, "fromObject", "local value\n")]
    [InlineData(Backend.V2, "fromObject", "local value\n")]
    public async Task Secret_OfASandbox_IsInItsEnvironment(Backend backend, string name, string value)
        => Assert.Equal(value, (await script.CaseAsync(backend, name)).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Secret_OfACommand_IsInThatCommandsEnvironmentOnly(Backend backend)
        => Json.Equal("""{"with":"named value/local value\n","without":"/\n"}""", await script.CaseAsync(backend, "ofACommand"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Secrets_InOrder_LaterOnesWin(Backend backend)
        => Json.Equal("""{"sandbox":"123\n","command":"411\n"}""", await script.CaseAsync(backend, "order"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Secret_WithoutARequiredKey_IsNotFound(Backend backend)
    {
        var result = await script.CaseAsync(backend, "requiredKeys");

        Json.Succeeds(result.GetProperty("present"));
        Json.FailsWith("NotFoundError", result.GetProperty("missing"));
        Assert.Contains("OTHER_KEY", result.GetProperty("missing").Text("message"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(Backend.V1, "unknown")]
    [InlineData(Backend.V2, "unknown")]
    [InlineData(Backend.V1, "delete")]
    [InlineData(Backend.V2, "delete")]
    public async Task Secret_ThatIsUnknownOrDeleted_IsNotFound(Backend backend, string name)
        => Json.FailsWith("NotFoundError", await script.CaseAsync(backend, name));

    public sealed class Script() : ScriptFixture("secrets.mjs");
}
