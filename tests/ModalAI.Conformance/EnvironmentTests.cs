using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class EnvironmentTests(EnvironmentTests.Script script) : IClassFixture<EnvironmentTests.Script>
{
    [SkippableFact]
    public async Task FromName_OfTheDefaultEnvironment_HasOneId()
        => Json.Equal("""{"name":"main","id":true,"same":true}""", await script.CaseAsync(Backend.V2, "default"));

    [SkippableTheory]
    [InlineData("unknown", "NotFoundError")]
    [InlineData("createTwice", "AlreadyExistsError")]
    [InlineData("createDefault", "AlreadyExistsError")]
    [InlineData("badRole", "InvalidError")]
    public async Task Failure_OfAnEnvironment_HasTheSdksErrorClass(string name, string errorClass)
        => Json.FailsWith(errorClass, await script.CaseAsync(Backend.V2, name));

    [SkippableFact]
    public async Task FromName_CreateIfMissing_MakesOne()
        => Json.Equal("""{"same":true,"listed":true}""", await script.CaseAsync(Backend.V2, "createIfMissing"));

    [SkippableFact]
    public async Task FromName_CreateIfMissingWithAPeriod_IsRefused()
        => Json.FailsWith(Json.InvalidArgument, "with.period", await script.CaseAsync(Backend.V2, "periodOnDemand"));

    [SkippableFact]
    public async Task Name_ThatIsNotAllowed_IsInvalid()
    {
        foreach (var failure in (await script.CaseAsync(Backend.V2, "badLookups")).EnumerateObject())
        {
            Json.FailsWith("InvalidError", failure.Value);
        }

        var creates = await script.CaseAsync(Backend.V2, "badCreates");
        Json.FailsWith("InvalidError", creates.GetProperty("period"));
        Json.FailsWith("InvalidError", creates.GetProperty("prefix"));
    }

    [SkippableFact]
    public async Task Create_WithARole_IsFoundAndListed()
        => Json.Equal("""{"found":"created","listed":true}""", await script.CaseAsync(Backend.V2, "create"));

    [SkippableFact]
    public async Task List_HasTheDefaultAndTheGivenOnes()
        => Json.Equal("""{"main":true,"given":true,"ids":true}""", await script.CaseAsync(Backend.V2, "list"));

    [SkippableFact]
    public async Task Delete_OfAnEnvironment_IsForGood()
    {
        var result = await script.CaseAsync(Backend.V2, "delete");

        Json.FailsWith("NotFoundError", result.GetProperty("lookup"));
        Json.FailsWith("NotFoundError", result.GetProperty("again"));
        Assert.False(result.Flag("listed"));
    }

    [SkippableFact]
    public async Task Delete_OfTheDefaultEnvironment_IsRefused()
        => Json.FailsWith(Json.FailedPrecondition, "main", await script.CaseAsync(Backend.V2, "deleteDefault"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Delete_OfAnEnvironment_TakesItsContentsAlong(Backend backend)
    {
        var result = await script.CaseAsync(backend, "deleteContents");

        Assert.Equal(137, result.Number("exit"));
        foreach (var failure in result.GetProperty("gone").EnumerateObject().Concat(result.GetProperty("fresh").EnumerateObject()))
        {
            Json.FailsWith("NotFoundError", failure.Value);
        }
    }

    [SkippableFact]
    public async Task Names_InTwoEnvironments_AreTwoThings()
    {
        var result = await script.CaseAsync(Backend.V2, "apart");

        Json.FailsWith("NotFoundError", result.GetProperty("before"));
        Assert.True(result.Flag("apps"));
        Assert.True(result.Flag("volumes"));
    }

    [SkippableFact]
    public async Task Apps_OfAnEnvironment_AreListed()
        => Json.Equal("""{"names":["first","second"],"environment":"with-apps","state":"deployed"}""", await script.CaseAsync(Backend.V2, "apps"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Sandbox_InANewEnvironment_Runs(Backend backend) => Json.Equal("\"inside\\n\"", await script.CaseAsync(backend, "sandbox"));

    public sealed class Script() : ScriptFixture("environments.mjs", options => options.Environments.Add("staging"));
}
