using System.Text.Json;
using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class SidecarTests(SidecarTests.Script script) : IClassFixture<SidecarTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Create_OfASidecar_RunsBesideTheMainContainer(Backend backend)
    {
        var result = await script.CaseAsync(backend, "create");

        Assert.Matches(@"\Actr-[0-9A-HJKMNP-TV-Z]{26}\z", result.Text("id"));
        Assert.Equal("proxy", result.Text("name"));
        Assert.Equal(JsonValueKind.Null, result.GetProperty("running").ValueKind);
        Json.Equal("""["proxy"]""", result.GetProperty("listed"));
        Assert.True(result.Flag("found"));
        Assert.Equal(JsonValueKind.Null, result.GetProperty("main").ValueKind);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Exec_InASidecar_HasItsOwnEnvironmentAndWorkingDirectory(Backend backend)
        => Json.Equal("""{"stdout":"own--named value\n/work/dir\n","code":4,"ids":true,"main":"[]\n"}""", await script.CaseAsync(backend, "exec"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Exec_InASidecar_ReadsItsStandardInput(Backend backend) => Json.Equal("\"to the sidecar\"", await script.CaseAsync(backend, "stdin"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Files_OfASidecar_AreItsOwn(Backend backend)
    {
        var result = await script.CaseAsync(backend, "files");

        Assert.Equal("in the sidecar", result.Text("read"));
        Assert.True(result.Flag("listed"));
        Json.FailsWith("SandboxFilesystemNotFoundError", result.GetProperty("main"));
        Json.FailsWith("SandboxFilesystemNotFoundError", result.GetProperty("missing"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Processes_OfASidecar_AreNotSeenInTheMainContainer(Backend backend) => Json.Equal("1", await script.CaseAsync(backend, "processes"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Network_OfASidecar_IsThatOfItsSandbox(Backend backend)
        => Json.Equal("""{"main":"from the sidecar","devices":"lo","sameNetwork":true,"otherProcesses":true}""", await script.CaseAsync(backend, "network"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Volume_OfASidecar_IsMountedAtOnePath(Backend backend)
    {
        var result = await script.CaseAsync(backend, "volume");

        Assert.Equal("shared", result.Text("read"));
        Assert.True(result.Flag("write"));
        Json.FailsWith("InvalidError", result.GetProperty("twice"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Command_OfASidecarThatEnds_EndsItWithItsCode(Backend backend)
    {
        var result = await script.CaseAsync(backend, "exits");

        Json.Equal("[9,0,127]", result.GetProperty("codes"));
        Json.Equal("9", result.GetProperty("polled"));
        Json.FailsWith("NotFoundError", result.GetProperty("gone"));
        Json.Equal("[true,9,9]", result.GetProperty("kept"));
        Json.Equal("[]", result.GetProperty("running"));
        Json.Equal("""["fails","succeeds","missing"]""", result.GetProperty("all"));
        Assert.Equal(JsonValueKind.Null, result.GetProperty("sandbox").ValueKind);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminate_OfASidecar_EndsItsCommandsAndFreesItsName(Backend backend)
    {
        var result = await script.CaseAsync(backend, "terminate");

        Json.Equal("137", result.GetProperty("code"));
        Json.Equal("137", result.GetProperty("busy"));
        Json.Succeeds(result.GetProperty("again"));
        Json.FailsWith(Json.NotFound, "has ended", result.GetProperty("exec"));
        Json.FailsWith("NotFoundError", result.GetProperty("file"));
        Assert.True(result.Flag("reused"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task End_OfTheSandbox_EndsItsSidecars(Backend backend)
    {
        var result = await script.CaseAsync(backend, "endsWithTheSandbox");

        Json.Equal("137", result.GetProperty("code"));
        Json.FailsWith(Json.NotFound, "has ended", result.GetProperty("create"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1, "taken", "AlreadyExistsError")]
    [InlineData(Backend.V2, "taken", "AlreadyExistsError")]
    [InlineData(Backend.V1, "main", "InvalidError")]
    [InlineData(Backend.V2, "main", "InvalidError")]
    [InlineData(Backend.V1, "empty", "InvalidError")]
    [InlineData(Backend.V2, "empty", "InvalidError")]
    [InlineData(Backend.V1, "blanks", "InvalidError")]
    [InlineData(Backend.V2, "blanks", "InvalidError")]
    [InlineData(Backend.V1, "unknown", "NotFoundError")]
    [InlineData(Backend.V2, "unknown", "NotFoundError")]
    [InlineData(Backend.V1, "getMain", "InvalidError")]
    [InlineData(Backend.V2, "getMain", "InvalidError")]
    public async Task Name_OfASidecarThatIsNotAllowed_FailsWithTheSdksErrorClass(Backend backend, string name, string errorClass)
        => Json.FailsWith(errorClass, (await script.CaseAsync(backend, "names")).GetProperty(name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Create_OfASidecarThatCannotBe_LeavesNone(Backend backend)
    {
        var result = await script.CaseAsync(backend, "refusals");

        Json.FailsWith(Json.NotFound, "image", result.GetProperty("image"));
        Json.FailsWith(Json.FailedPrecondition, "allowlist", result.GetProperty("allowlist"));
        Json.FailsWith(Json.NotFound, "secret", result.GetProperty("secret"));
        Json.FailsWith("InvalidError", result.GetProperty("workdir"));
        Json.FailsWith("InvalidError", result.GetProperty("command"));
        Json.Equal("[]", result.GetProperty("left"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Memory_ReservedForASidecar_IsAWish(Backend backend) => Json.Equal("\"runs\\n\"", await script.CaseAsync(backend, "memory"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Exec_OfADetachedSandboxsSidecar_IsRefused(Backend backend)
        => Json.FailsWith("ClientClosedError", await script.CaseAsync(backend, "detached"));

    [SkippableFact]
    public async Task Create_ThroughTheRouter_WorksAlikeOnV2()
        => Json.Equal("\"1\\n/tmp\\n\"", await script.CaseAsync(Backend.V2, "throughTheRouter"));

    public sealed class Script() : ScriptFixture("sidecars.mjs");
}
