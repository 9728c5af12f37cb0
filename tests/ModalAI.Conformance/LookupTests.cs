using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class LookupTests(LookupTests.Script script) : IClassFixture<LookupTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Name_OfARunningSandbox_IsUniqueUntilItEnds(Backend backend)
    {
        var result = await script.CaseAsync(backend, "names");

        Assert.True(result.Flag("same"));
        Json.FailsWith("AlreadyExistsError", result.GetProperty("taken"));
        Assert.True(result.Flag("free"));
        Json.FailsWith("NotFoundError", result.GetProperty("gone"));
    }

    [SkippableFact]
    public async Task Name_OfASandboxThatEnded_IsFoundIfAskedFor()
        => Assert.True((await script.CaseAsync(Backend.V2, "terminatedName")).GetBoolean());

    [SkippableTheory]
    [InlineData(Backend.V1, "unknownName", "NotFoundError")]
    [InlineData(Backend.V2, "unknownName", "NotFoundError")]
    [InlineData(Backend.V1, "unknownApp", "NotFoundError")]
    [InlineData(Backend.V2, "unknownApp", "NotFoundError")]
    [InlineData(Backend.V1, "badName", "InvalidError")]
    [InlineData(Backend.V2, "badName", "InvalidError")]
    public async Task Lookup_OfWhatIsNotThere_FailsWithTheSdksErrorClass(Backend backend, string name, string errorClass)
        => Json.FailsWith(errorClass, await script.CaseAsync(backend, name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tags_ThatAreSet_ReplaceTheOldOnes(Backend backend)
        => Json.Equal("""{"first":{"team":"a","run":"1"},"second":{"team":"b"}}""", await script.CaseAsync(backend, "tags"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task List_OfRunningSandboxes_IsNewestFirstAndFiltersByAllTags(Backend backend)
        => Json.Equal(
            """{"all":["three","two","one"],"tagged":["two","one"],"both":["two"],"environment":["three","two","one"]}""",
            await script.CaseAsync(backend, "list"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task List_OfRunningSandboxes_LeavesOutThoseThatHaveEnded(Backend backend) => Json.Equal("[]", await script.CaseAsync(backend, "listWithoutEnded"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task List_AskedTwice_GivesTheSame(Backend backend) => Json.Equal("""{"first":2,"second":2}""", await script.CaseAsync(backend, "listIsRepeatable"));

    [SkippableTheory]
    [InlineData(Backend.V1, "listOfUnknownApp")]
    [InlineData(Backend.V2, "listOfUnknownApp")]
    [InlineData(Backend.V1, "listOfUnknownEnvironment")]
    [InlineData(Backend.V2, "listOfUnknownEnvironment")]
    public async Task List_OfWhatIsNotThere_IsNotFound(Backend backend, string name) => Json.FailsWith(Json.NotFound, "There is no", await script.CaseAsync(backend, name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task List_ByATagThatCannotBe_IsInvalid(Backend backend) => Json.FailsWith("InvalidError", await script.CaseAsync(backend, "listByABadTag"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tags_SetToNone_AreGone(Backend backend) => Json.Equal("""{"tags":{},"listed":[]}""", await script.CaseAsync(backend, "clearTags"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tags_ThatWereSetLater_AreListedBy(Backend backend)
        => Json.Equal("""{"tags":{"added":"later","empty":""},"found":1}""", await script.CaseAsync(backend, "listByNewTags"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tags_ThatAreNotAllowed_AreInvalidAndChangeNothing(Backend backend)
    {
        var result = await script.CaseAsync(backend, "badTags");

        foreach (var name in (string[])["name", "value", "tooLong", "unnamed"])
        {
            Json.FailsWith("InvalidError", result.GetProperty(name));
        }

        Json.Equal("""{"kept":"1"}""", result.GetProperty("tags"));
        Json.FailsWith(Json.InvalidArgument, "tag", await script.CaseAsync(backend, "createWithBadTags"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Operation_OnAnUnknownSandbox_IsNotFound(Backend backend)
    {
        foreach (var operation in (await script.CaseAsync(backend, "tagsOfUnknown")).EnumerateObject())
        {
            Json.FailsWith(Json.NotFound, "There is no sandbox", operation.Value);
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tags_AfterTheEnd_CanStillBeRead(Backend backend) => Json.Equal("""{"team":"a"}""", await script.CaseAsync(backend, "tagsAfterTheEnd"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Image_OfATag_HasOneIdAndBuildsNothing(Backend backend)
    {
        var result = await script.CaseAsync(backend, "images");

        Assert.True(result.Flag("same"));
        Assert.True(result.Flag("shape"));
        Assert.True(result.Flag("byId"));
        Json.FailsWith("NotFoundError", result.GetProperty("unknown"));
    }

    public sealed class Script() : ScriptFixture("lookup.mjs");
}
