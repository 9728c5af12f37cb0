using System.Text.Json;
using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance;

public sealed class MemorySnapshotTests(MemorySnapshotTests.Script script) : IClassFixture<MemorySnapshotTests.Script>
{
    private const int AlreadyExists = 6;

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Restore_OfASnapshot_HasTheFilesAndRunsTheCommandAnew(Backend backend)
        => Json.Equal(
            """{"other":true,"file":"/work\nkept\n","log":"entrypoint started\nentrypoint started\nentrypoint\n","tags":{"kind":"kept"}}""",
            await script.CaseAsync(backend, "restore"));

    [SkippableFact]
    public async Task Snapshot_OnV2_EndsTheSandbox()
    {
        Assert.Equal(137, (await script.CaseAsync(Backend.V2, "ends")).GetInt32());
        Assert.Equal(JsonValueKind.Null, (await script.CaseAsync(Backend.V1, "ends")).ValueKind);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Snapshot_ByItsId_IsRestored(Backend backend) => Json.Equal("""{"id":true,"file":"kept\n"}""", await script.CaseAsync(backend, "byId"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Snapshot_RestoredTwice_IsTwoSandboxes(Backend backend) => Assert.True((await script.CaseAsync(backend, "twice")).GetBoolean());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Snapshot_OfASandboxNotMadeForIt_IsRefused(Backend backend)
        => Json.FailsWith(Json.FailedPrecondition, "was not created for snapshots of memory", await script.CaseAsync(backend, "notEnabled"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Restore_WithOrWithoutAName_IsFoundByIt(Backend backend)
    {
        var result = await script.CaseAsync(backend, "names");

        Assert.True(result.Flag("kept"));
        Assert.True(result.Flag("given"));
        Json.FailsWith("NotFoundError", result.GetProperty("none"));
        Json.FailsWith(AlreadyExists, "'original'", result.GetProperty("taken"));
        Json.FailsWith("InvalidError", result.GetProperty("malformed"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task EncryptionKey_ThatIsAccepted_IsNeededToMount(Backend backend)
    {
        var result = await script.CaseAsync(backend, "encryption");

        Assert.Equal("content\n", result.Text("opened"));
        Json.FailsWith(Json.InvalidArgument, "is encrypted", result.GetProperty("wrongKey"));
        Json.FailsWith(Json.InvalidArgument, "is encrypted", result.GetProperty("noKey"));
        Json.FailsWith(Json.InvalidArgument, "is not encrypted", result.GetProperty("keyForPlain"));
    }

    public sealed class Script() : ScriptFixture(
        "memory-snapshots.mjs", static options => options.Accept = ModalEmulatorAcceptance.MemorySnapshots | ModalEmulatorAcceptance.EncryptionKeys);
}
