using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class VolumeTests(VolumeTests.Script script) : IClassFixture<VolumeTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Files_InAVolume_OutliveTheSandbox(Backend backend)
        => Json.Equal("""{"one":"by a command\n","two":"by the file API"}""", await script.CaseAsync(backend, "persists"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Volume_MountedReadOnly_TakesNoWrite(Backend backend)
        => Json.Equal("""{"read":"kept\n","write":true,"writeByFileApi":true,"still":"kept\n"}""", await script.CaseAsync(backend, "readOnly"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task SubPath_OfAVolume_ShowsThatPartOnly(Backend backend)
    {
        var result = await script.CaseAsync(backend, "subPath");

        Assert.Equal("file\ninside\n", result.Text("inside"));
        Json.FailsWith(Json.InvalidArgument, "sub path", result.GetProperty("upwards"));
        Json.FailsWith(Json.FailedPrecondition, "sub path", result.GetProperty("overALink"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Volume_WithoutAName_TakesFiles(Backend backend)
        => Json.Equal("\"here\\n\"", await script.CaseAsync(backend, "ephemeral"));

    [SkippableTheory]
    [InlineData(Backend.V1, "unknown")]
    [InlineData(Backend.V2, "unknown")]
    [InlineData(Backend.V1, "delete")]
    [InlineData(Backend.V2, "delete")]
    public async Task Volume_ThatIsUnknownOrDeleted_IsNotFound(Backend backend, string name)
        => Json.FailsWith("NotFoundError", await script.CaseAsync(backend, name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Volume_OfAnotherVersion_IsRefused(Backend backend)
    {
        var result = await script.CaseAsync(backend, "version");

        Json.Succeeds(result.GetProperty("same"));
        Json.FailsWith("InvalidError", result.GetProperty("other"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountPath_ThatIsNotCanonical_IsRefused(Backend backend)
        => Json.FailsWith(Json.InvalidArgument, "/data/../etc", await script.CaseAsync(backend, "badMountPath"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Volume_OfTwoSandboxes_ShowsWritesOfOneToTheOther(Backend backend)
        => Json.Equal("""{"first":"one\n","second":"two"}""", await script.CaseAsync(backend, "live"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Reload_OfASandboxWithoutVolumesOrThatHasEnded_SaysSo(Backend backend)
    {
        var result = await script.CaseAsync(backend, "reload");

        Json.Succeeds(result.GetProperty("without"));
        Json.FailsWith("InvalidError", result.GetProperty("negative"));
        Json.FailsWith(Json.NotFound, "ended", result.GetProperty("ended"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountPath_ThatIsReservedOrNotCanonical_IsRefusedByName(Backend backend)
    {
        var failures = (await script.CaseAsync(backend, "mountPaths")).EnumerateObject().ToArray();

        Assert.Equal(9, failures.Length);
        Assert.All(failures, failure => Json.FailsWith(Json.InvalidArgument, $"cannot be mounted at '{failure.Name}'", failure.Value));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Volumes_ThatMeet_AreRefused(Backend backend)
    {
        var result = await script.CaseAsync(backend, "twice");

        Json.FailsWith(Json.InvalidArgument, "already", result.GetProperty("samePlaces"));
        Json.Succeeds(result.GetProperty("parts"));
        Json.FailsWith(Json.FailedPrecondition, "inside", result.GetProperty("nested"));
        Json.Succeeds(result.GetProperty("beside"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountOptions_OfAVolume_Stack(Backend backend)
        => Json.Equal("""{"part":"part\n","whole":"whole\n","write":true}""", await script.CaseAsync(backend, "stacked"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task SubPath_ThatIsNotThere_IsMade(Backend backend) => Assert.Equal("deep\n", (await script.CaseAsync(backend, "newSubPath")).GetString());

    [SkippableFact]
    public async Task Volume_WithoutAVersion_IsOfTheFirst()
    {
        var result = await script.CaseAsync(Backend.V2, "versions");

        Json.Succeeds(result.GetProperty("first"));
        Json.FailsWith("InvalidError", result.GetProperty("second"));
        Json.FailsWith("InvalidError", result.GetProperty("third"));
    }

    [SkippableFact]
    public async Task Volume_WithABadName_IsRefused()
    {
        var failures = (await script.CaseAsync(Backend.V2, "badNames")).EnumerateArray().ToArray();

        Assert.Equal(4, failures.Length);
        Assert.All(failures, failure => Json.FailsWith(Json.InvalidArgument, "volume name", failure));
    }

    [SkippableFact]
    public async Task Volume_OfAnUnknownEnvironment_IsNotFound()
    {
        Json.FailsWith("NotFoundError", await script.CaseAsync(Backend.V2, "unknownEnvironment"));
        Json.FailsWith(Json.NotFound, "nowhere", await script.CaseAsync(Backend.V2, "ephemeralElsewhere"));
    }

    [SkippableFact]
    public async Task Delete_OfAMissingVolume_IsNotFoundUnlessAllowed()
    {
        var result = await script.CaseAsync(Backend.V2, "deleteMissing");

        Json.FailsWith("NotFoundError", result.GetProperty("strict"));
        Json.Succeeds(result.GetProperty("lenient"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Delete_OfAVolumeInUse_TakesItsFilesAndLeavesTheSandbox(Backend backend)
    {
        var result = await script.CaseAsync(backend, "deleteInUse");

        Assert.Equal("0", result.Text("files"));
        Assert.Equal("alive\n", result.Text("alive"));
        Json.FailsWith(Json.NotFound, "volume", result.GetProperty("mount"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Volume_WithoutAName_OutlivesASandbox(Backend backend)
        => Assert.Equal("handed over\n", (await script.CaseAsync(backend, "ephemeralShared")).GetString());

    [SkippableFact]
    public async Task CloseEphemeral_OfANamedVolume_IsInvalid() => Json.FailsWith("InvalidError", await script.CaseAsync(Backend.V2, "closeNamed"));

    public sealed class Script() : ScriptFixture("volumes.mjs");
}
