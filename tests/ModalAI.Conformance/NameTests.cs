using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class NameTests(NameTests.Script script) : IClassFixture<NameTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task FromName_OfARunningSandbox_RunsCommands(Backend backend)
        => Json.Equal("""{"same":true,"output":"found\n"}""", await script.CaseAsync(backend, "found"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Create_WithANameThatIsTaken_AlreadyExists(Backend backend)
        => Json.FailsWith("AlreadyExistsError", await script.CaseAsync(backend, "taken"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Name_InTwoApps_IsTwoNames(Backend backend) => Json.Equal("""{"other":true,"own":true}""", await script.CaseAsync(backend, "otherApp"));

    [SkippableTheory]
    [InlineData(Backend.V1, "byTerminate")]
    [InlineData(Backend.V2, "byTerminate")]
    [InlineData(Backend.V1, "byCommand")]
    [InlineData(Backend.V2, "byCommand")]
    [InlineData(Backend.V1, "byTimeout")]
    [InlineData(Backend.V2, "byTimeout")]
    public async Task Name_AfterTheEnd_IsReleased(Backend backend, string end)
        => Json.FailsWith("NotFoundError", (await script.CaseAsync(backend, "released")).GetProperty(end));

    [SkippableTheory]
    [InlineData(Backend.V1, "reused")]
    [InlineData(Backend.V2, "reused")]
    [InlineData(Backend.V1, "longest")]
    [InlineData(Backend.V2, "longest")]
    public async Task Name_ThatIsFreeAndAllowed_IsGiven(Backend backend, string name) => Assert.True((await script.CaseAsync(backend, name)).GetBoolean());

    [SkippableTheory]
    [InlineData(Backend.V1, "tooLong", "InvalidError")]
    [InlineData(Backend.V2, "tooLong", "InvalidError")]
    [InlineData(Backend.V1, "likeAnAppId", "InvalidError")]
    [InlineData(Backend.V2, "likeAnAppId", "InvalidError")]
    [InlineData(Backend.V1, "unknownApp", "NotFoundError")]
    [InlineData(Backend.V2, "unknownApp", "NotFoundError")]
    [InlineData(Backend.V1, "unknownEnvironment", "NotFoundError")]
    [InlineData(Backend.V2, "unknownEnvironment", "NotFoundError")]
    public async Task Name_ThatCannotBe_FailsWithTheSdksErrorClass(Backend backend, string name, string errorClass)
        => Json.FailsWith(errorClass, await script.CaseAsync(backend, name));

    [SkippableFact]
    public async Task FromName_OnTheOtherBackend_FallsBackFromV2ToV1Only()
    {
        Json.Equal("true", await script.CaseAsync(Backend.V1, "otherBackend"));
        Json.Equal("\"NotFoundError\"", await script.CaseAsync(Backend.V2, "otherBackend"));
    }

    [SkippableFact]
    public async Task SetName_OfANamelessSandbox_GivesItOnceAndMayBeRepeated()
    {
        var result = await script.CaseAsync(Backend.V2, "set");

        Assert.True(result.Flag("found"));
        Json.FailsWith("ConflictError", result.GetProperty("other"));
    }

    [SkippableFact]
    public async Task SetName_OnV1_IsInvalid() => Json.FailsWith("InvalidError", await script.CaseAsync(Backend.V1, "set"));

    [SkippableTheory]
    [InlineData("setOnANamed", "ConflictError")]
    [InlineData("setATaken", "AlreadyExistsError")]
    [InlineData("setAnInvalid", "InvalidError")]
    [InlineData("setAfterTheEnd", "ConflictError")]
    [InlineData("setAndReleased", "NotFoundError")]
    [InlineData("setOnADetached", "ClientClosedError")]
    public async Task SetName_ThatCannotBe_FailsWithTheSdksErrorClass(string name, string errorClass)
        => Json.FailsWith(errorClass, await script.CaseAsync(Backend.V2, name));

    [SkippableFact]
    public async Task SetName_OfTwoSandboxesAtOnce_GivesTheNameToOne()
        => Json.Equal("""["AlreadyExistsError","given"]""", await script.CaseAsync(Backend.V2, "setTwiceAtOnce"));

    [SkippableFact]
    public async Task FromName_WithTerminated_PrefersTheRunningOneThenTheLast()
    {
        var result = await script.CaseAsync(Backend.V2, "terminated");

        Assert.True(result.Flag("last"));
        Assert.True(result.Flag("running"));
        Json.Equal("137", result.GetProperty("code"));
        Json.FailsWith("NotFoundError", result.GetProperty("never"));
    }

    [SkippableFact]
    public async Task ExperimentalFromName_OfAV2Sandbox_FindsIt() => Assert.True((await script.CaseAsync(Backend.V2, "experimental")).GetBoolean());

    public sealed class Script() : ScriptFixture("names.mjs");
}
