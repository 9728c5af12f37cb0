using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class AppTests(AppTests.Script script) : IClassFixture<AppTests.Script>
{
    [SkippableFact]
    public async Task FromName_CreateIfMissing_IsFoundAgain()
        => Json.Equal("""{"same":true,"shape":true,"name":"made"}""", await script.CaseAsync(Backend.V2, "createIfMissing"));

    [SkippableTheory]
    [InlineData("unknown")]
    [InlineData("unknownEnvironment")]
    public async Task FromName_OfWhatIsNotThere_IsNotFound(string name) => Json.FailsWith("NotFoundError", await script.CaseAsync(Backend.V2, name));

    [SkippableFact]
    public async Task FromName_WithABadName_IsRefused()
    {
        var failures = (await script.CaseAsync(Backend.V2, "badNames")).EnumerateArray().ToArray();

        Assert.Equal(4, failures.Length);
        Assert.All(failures, failure => Json.FailsWith(Json.InvalidArgument, "app name", failure));
    }

    [SkippableFact]
    public async Task FromName_WithTheLongestName_IsTaken() => Assert.Equal(64, (await script.CaseAsync(Backend.V2, "longestName")).GetInt32());

    [SkippableFact]
    public async Task Info_OfAnApp_DescribesIt()
        => Json.Equal(
            """{"known":"described","state":"deployed","id":true,"recent":true,"functions":0,"stopped":null}""", await script.CaseAsync(Backend.V2, "info"));

    [SkippableFact]
    public async Task Info_OfAGoneApp_IsNotFoundWhenItIsAskedFor()
    {
        var result = await script.CaseAsync(Backend.V2, "infoOfAGoneApp");

        Assert.Equal("gone", result.Text("cached"));
        Json.FailsWith("NotFoundError", result.GetProperty("refreshed"));
    }

    [SkippableFact]
    public async Task List_OfApps_HasTheirIdsAndInformation()
        => Json.Equal("""{"id":true,"description":"listed"}""", await script.CaseAsync(Backend.V2, "list"));

    [SkippableFact]
    public async Task List_OfAGoneEnvironment_IsNotFound()
    {
        var result = await script.CaseAsync(Backend.V2, "listOfAGoneEnvironment");

        Assert.Equal(0, result.Number("before"));
        Json.FailsWith(Json.NotFound, "vanishing", result.GetProperty("after"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Sandbox_OfAnUnknownApp_IsNotFound(Backend backend)
        => Json.FailsWith(Json.NotFound, "ap-0000000000000000000000", await script.CaseAsync(backend, "sandboxOfAnUnknownApp"));

    public sealed class Script() : ScriptFixture("apps.mjs");
}
