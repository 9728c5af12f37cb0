using System.Text.Json;
using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class SnapshotTests(SnapshotTests.Script script) : IClassFixture<SnapshotTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task SnapshotFilesystem_OfARunningSandbox_StartsOthersWithItsFiles(Backend backend)
        => Json.Equal(
            """{"id":true,"copy":"one\n750\ndir\nlink\ntool\ndeleted\n","original":"two\n"}""", await script.CaseAsync(backend, "filesystem"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Sandboxes_OfOneSnapshot_DoNotSeeEachOther(Backend backend) => Json.Equal("\"first\\n\"", await script.CaseAsync(backend, "copies"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Snapshot_OfASnapshot_HasBoth(Backend backend)
        => Json.Equal("""{"first":"1\n1\n","second":"2\n2\n"}""", await script.CaseAsync(backend, "chain"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task TimeToLive_NoneOrWholeSeconds_IsTaken(Backend backend)
    {
        var result = await script.CaseAsync(backend, "timeToLive");

        Assert.Equal(25, result.Number("forever"));
        Assert.Equal(25, result.Number("minute"));
        Assert.Equal(25, result.Number("directory"));
        Json.FailsWith("InvalidError", result.GetProperty("tooShort"));
        Json.FailsWith("InvalidError", result.GetProperty("fraction"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Snapshot_ByItsId_IsUsedAndDeleted(Backend backend)
    {
        var result = await script.CaseAsync(backend, "byId");

        Assert.Equal("kept\n", result.Text("content"));
        Json.FailsWith("NotFoundError", result.GetProperty("deleted"));
        Json.FailsWith(Json.NotFound, "Could not find image with ID", result.GetProperty("create"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Snapshot_OfASandboxWithAVolume_LeavesTheVolumeOut(Backend backend)
        => Json.Equal("\"in the image\\n\"", await script.CaseAsync(backend, "volumes"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Sandbox_ThatHasEnded_IsNotFoundByItsRouter(Backend backend)
    {
        var result = await script.CaseAsync(backend, "ended");

        foreach (var operation in (string[])["filesystem", "directory", "mount"])
        {
            Json.FailsWith(Json.NotFound, "has ended", result.GetProperty(operation));
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task SnapshotDirectory_MountedElsewhere_ShowsWhatWasInIt(Backend backend)
        => Json.Equal(
            "\"code\\n700\\n/workspace\\n/workspace/link\\n/workspace/src\\n/workspace/src/main\\nonly the directory\\n\"", await script.CaseAsync(backend, "directory"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task SnapshotDirectory_OfNoDirectory_IsRefused(Backend backend)
    {
        var result = await script.CaseAsync(backend, "directoryFailures");

        Json.FailsWith(Json.NotFound, "/no/such/directory", result.GetProperty("missing"));
        Json.FailsWith(Json.InvalidArgument, "/etc/passwd", result.GetProperty("file"));
        Json.FailsWith(Json.InvalidArgument, "not absolute", result.GetProperty("relative"));
        Json.FailsWith(Json.InvalidArgument, "root", result.GetProperty("root"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountImage_IntoARunningSandbox_IsWritableAndHidesWhatIsBelow(Backend backend)
        => Json.Equal(
            """
            {
              "mounted": "file\nseed\nseed\n",
              "byFiles": "changed\n",
              "unmounted": "old\nhidden\n",
              "kept": "file\nnew\nchanged\n",
              "pristine": "file\nseed\n"
            }
            """,
            await script.CaseAsync(backend, "mount"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountImage_OfAWholeFileSystem_IsMountedWhole(Backend backend)
        => Json.Equal(
            """{"snapshot":"of the image\nhas programs\nof the image\n","built":"has programs\nwithout the marker\napart\n"}""",
            await script.CaseAsync(backend, "mountFilesystem"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountImage_OfNone_IsAnEmptyDirectory(Backend backend)
        => Json.Equal("""{"empty":"scratch\n","back":"file\n"}""", await script.CaseAsync(backend, "mountEmpty"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountImage_OverAnother_IsUnmountedFirst(Backend backend)
    {
        var result = await script.CaseAsync(backend, "mountTwice");

        Assert.Equal("b\n", result.Text("top"));
        Assert.Equal("a\n", result.Text("below"));
        Assert.Equal("", result.Text("none"));
        Json.FailsWith(Json.FailedPrecondition, "No image is mounted at '/mnt/x'", result.GetProperty("more"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountImage_WhereItCannotBe_IsRefused(Backend backend)
    {
        var result = await script.CaseAsync(backend, "mountFailures");

        Json.FailsWith(Json.InvalidArgument, "the root of the sandbox", result.GetProperty("root"));
        Json.FailsWith(Json.InvalidArgument, "the root of the sandbox", result.GetProperty("rootByLink"));
        Json.FailsWith(Json.InvalidArgument, "not absolute", result.GetProperty("relative"));
        Json.FailsWith(Json.InvalidArgument, "/file", result.GetProperty("file"));
        Json.FailsWith(Json.InvalidArgument, "/file/dir", result.GetProperty("belowAFile"));
        Json.FailsWith(Json.NotFound, "Could not find image with ID", result.GetProperty("unknown"));
        Json.FailsWith("Error", result.GetProperty("notBuilt"));
        Json.FailsWith(Json.FailedPrecondition, "No image is mounted at '/mnt'", result.GetProperty("notMounted"));
        Json.FailsWith(Json.FailedPrecondition, "No image is mounted at '/real'", result.GetProperty("otherPath"));
        Assert.Equal("mounted\n", result.Text("throughALink"));
        Json.Succeeds(result.GetProperty("byItsPath"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task EncryptionKey_OfASnapshot_IsRefusedByName(Backend backend)
    {
        var result = await script.CaseAsync(backend, "encryption");

        Json.FailsWith(Json.FailedPrecondition, "encryption keys", result.GetProperty("refused"));
        Json.FailsWith("InvalidError", result.GetProperty("tooShort"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1, "exitOfTheCommand", "left behind\n")]
    [InlineData(Backend.V2, "exitOfTheCommand", "left behind\n")]
    [InlineData(Backend.V1, "exitByTermination", "written\n")]
    [InlineData(Backend.V2, "exitByTermination", "written\n")]
    public async Task ExitSnapshot_HoweverTheSandboxEnded_HasItsFiles(Backend backend, string name, string content)
        => Assert.Equal(content, (await script.CaseAsync(backend, name)).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1, "exitPending", "TimeoutError")]
    [InlineData(Backend.V2, "exitPending", "TimeoutError")]
    [InlineData(Backend.V1, "exitAsBoolean", "InvalidError")]
    [InlineData(Backend.V2, "exitAsBoolean", "InvalidError")]
    [InlineData(Backend.V1, "exitDisabled", "InvalidError")]
    [InlineData(Backend.V2, "exitDisabled", "InvalidError")]
    [InlineData(Backend.V1, "exitMissing", "NotFoundError")]
    [InlineData(Backend.V2, "exitMissing", "NotFoundError")]
    public async Task ExitSnapshot_ThatIsNotThere_FailsAsTheSdkSays(Backend backend, string name, string error)
        => Json.FailsWith(error, await script.CaseAsync(backend, name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MemorySnapshot_WithoutLeave_IsRefusedByName(Backend backend)
    {
        Json.FailsWith(Json.FailedPrecondition, "memory snapshots", await script.CaseAsync(backend, "memoryRefused"));
        Json.FailsWith(Json.FailedPrecondition, "was not created for snapshots of memory", await script.CaseAsync(backend, "memoryNotEnabled"));
        Json.FailsWith(Json.NotFound, "sn-0123456789abcdefghijAB", await script.CaseAsync(backend, "restoreMissing"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Sidecar_SnapshotsAndMounts_AreItsOwn(Backend backend)
        => Json.Equal(
            """{"mounted":"of the sidecar\n","unmounted":"","copy":"of the sidecar\n","main":"of the sidecar\n"}""", await script.CaseAsync(backend, "sidecar"));

    public sealed class Script() : ScriptFixture("snapshots.mjs");
}
