using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class WatchTests(WatchTests.Script script) : IClassFixture<WatchTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_NewFile_IsCreated(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "create")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_WrittenFile_IsModified(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "modify")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_RemovedFile_IsRemoved(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "remove")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_RenamedFile_HasBothNames(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "rename")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_FileMovedOut_HasItsOldName(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "renameOut")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_FileMovedIn_HasItsNewName(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "renameIn")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_WriteThroughTheFileApi_IsSeen(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "writeThroughTheFileApi")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_NotRecursive_DoesNotLookBelow(Backend backend)
        => Assert.False((await script.CaseAsync(backend, "notRecursive")).Flag("deep"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_Recursive_LooksBelow(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "recursive")).Flag("told"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_DirectoryMadeLater_IsWatchedWithWhatIsInIt(Backend backend)
        => Json.Equal("""{"told":[1,1,1,1]}""", await script.CaseAsync(backend, "directoryMadeLater"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_DirectoryMoved_IsWatchedUnderItsNewName(Backend backend)
        => Json.Equal("""{"renamed":true,"told":true}""", await script.CaseAsync(backend, "directoryMoved"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_WithAFilter_TellsNothingElse(Backend backend)
        => Json.Equal("""["Remove"]""", await script.CaseAsync(backend, "filter"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_WithAFilterOfNothing_TellsNothing(Backend backend)
        => Json.Equal("""[]""", await script.CaseAsync(backend, "filterOfNothing"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_Timeout_EndsWithoutAFailure(Backend backend)
        => Json.Equal("""{"events":[],"waited":true}""", await script.CaseAsync(backend, "timeout"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_TimeoutOfNothing_EndsAtOnce(Backend backend)
        => Json.Equal("""[]""", await script.CaseAsync(backend, "timeoutOfNothing"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_OfAFile_TellsOfThatFileAlone(Backend backend)
        => Json.Equal("""["/w/file"]""", await script.CaseAsync(backend, "file"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_OfALink_TellsOfItsTarget(Backend backend)
        => Assert.Equal("/w/sub/file", (await script.CaseAsync(backend, "link")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_MissingPath_IsNotFound(Backend backend)
        => Json.FailsWith("SandboxFilesystemNotFoundError", await script.CaseAsync(backend, "missing"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_PathThatIsNotAbsolute_IsRefused(Backend backend)
        => Json.FailsWith("InvalidError", await script.CaseAsync(backend, "notAbsolute"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Watch_SandboxEnds_EndsToo(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "sandboxEnds")).GetBoolean());

    public sealed class Script() : ScriptFixture("watch.mjs");
}
