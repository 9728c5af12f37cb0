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

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Secrets_OfSeveralKinds_KeepTheirOrder(Backend backend)
        => Json.Equal(
            """{"sandbox":"named value/object\n","reversed":"weak/object\n","env":"env/object\n"}""", await script.CaseAsync(backend, "manyKinds"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Value_WithLinesQuotesAndDollars_ArrivesAsItIs(Backend backend)
        => Json.Equal("""{"same":true,"empty":"\n"}""", await script.CaseAsync(backend, "oddValues"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Secret_OfASandbox_IsInItsOwnCommandsEnvironment(Backend backend)
        => Assert.Equal(7, (await script.CaseAsync(backend, "entrypoint")).GetInt32());

    [SkippableFact]
    public async Task Object_WithABadKeyOrValue_IsInvalid()
    {
        var result = await script.CaseAsync(Backend.V2, "badObjects");

        Json.FailsWith("InvalidError", result.GetProperty("key"));
        Json.FailsWith("InvalidError", result.GetProperty("value"));
    }

    [SkippableFact]
    public async Task Value_WithANul_IsRefusedWithoutBeingShown()
    {
        // Only a stored secret's refusal is the SDK's own error.
        Json.FailsWith("InvalidError", await script.CaseAsync(Backend.V1, "nul"));
        Json.FailsWith(Json.InvalidArgument, "NUL", await script.CaseAsync(Backend.V2, "nul"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Secret_OfAnUnknownEnvironment_IsNotFound(Backend backend)
        => Json.FailsWith("NotFoundError", await script.CaseAsync(backend, "unknownEnvironment"));

    [SkippableFact]
    public async Task RequiredKeys_ThatAreMissing_AreNamedOnceAndNoValueIs()
    {
        var message = (await script.CaseAsync(Backend.V2, "requiredKeysTwice")).Text("message");

        Assert.Contains("Secret is missing key(s) B_KEY, A_KEY:", message, StringComparison.Ordinal);
        Assert.DoesNotContain("named value", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Delete_OfAMissingSecret_IsNotFoundUnlessAllowed()
    {
        var result = await script.CaseAsync(Backend.V2, "deleteMissing");

        Json.FailsWith("NotFoundError", result.GetProperty("strict"));
        Json.Succeeds(result.GetProperty("lenient"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Delete_OfASecretInUse_LeavesWhatRuns(Backend backend)
    {
        var result = await script.CaseAsync(backend, "deleteInUse");

        Assert.Equal("value\n", result.Text("sandbox"));
        Json.FailsWith(Json.NotFound, "secret", result.GetProperty("command"));
    }

    public sealed class Script() : ScriptFixture(
        "secrets.mjs", options => options.Secrets["in-use"] = new Dictionary<string, string> { ["KEY"] = "value" });
}
