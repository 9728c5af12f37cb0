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

    public sealed class Script() : ScriptFixture("volumes.mjs");
}
