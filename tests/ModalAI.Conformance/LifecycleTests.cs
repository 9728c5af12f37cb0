using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class LifecycleTests(LifecycleTests.Script script) : IClassFixture<LifecycleTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1, @"\Asb-[0-9A-Za-z]{22}\z")]
    [InlineData(Backend.V2, @"\Asb-[0-9A-HJKMNP-TV-Z]{26}\z")]
    public async Task Create_OnABackend_GivesARunningSandboxWithTheBackendsId(Backend backend, string shape)
    {
        var result = await script.CaseAsync(backend, "create");

        Assert.Matches(shape, result.Text("id"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, result.GetProperty("running").ValueKind);
        Assert.Equal("hello\n", result.Text("output"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminate_OfARunningSandbox_EndsItWith137AndMayBeRepeated(Backend backend)
        => Json.Equal("""{"code":137,"polled":137,"again":null}""", await script.CaseAsync(backend, "terminate"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Exec_AfterTheEnd_IsNotFound(Backend backend)
        => Json.FailsWith(Json.NotFound, "has ended", await script.CaseAsync(backend, "execAfterTheEnd"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Wait_ForAnEntrypoint_GivesItsExitCode(Backend backend)
    {
        Json.Equal("7", await script.CaseAsync(backend, "entrypointFails"));
        Json.Equal("0", await script.CaseAsync(backend, "entrypointSucceeds"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Wait_BeyondTheTimeout_Gives124(Backend backend) => Json.Equal("124", await script.CaseAsync(backend, "timeout"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task IdleTimeout_WhileACommandRuns_WaitsForItsEnd(Backend backend)
        => Json.Equal("""{"busy":0,"afterwards":137}""", await script.CaseAsync(backend, "idleTimeout"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task FromId_OfARunningSandbox_RunsCommands(Backend backend)
        => Json.Equal("\"attached\\n\"", await script.CaseAsync(backend, "fromId"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task FromId_OfAnUnknownSandbox_IsNotFound(Backend backend)
        => Json.FailsWith(Json.NotFound, "There is no sandbox", await script.CaseAsync(backend, "unknownId"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Detach_OfAHandle_LeavesTheSandboxRunning(Backend backend)
    {
        var result = await script.CaseAsync(backend, "detach");

        Json.FailsWith("ClientClosedError", result.GetProperty("refused"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, result.GetProperty("running").ValueKind);
    }

    [SkippableFact]
    public async Task Entrypoint_OfASandbox_HasStandardStreams()
        => Json.Equal("""{"code":3,"stdout":"got a line\n","stderr":"oops\n"}""", await script.CaseAsync(Backend.V2, "entrypointStreams"));

    [SkippableFact]
    public async Task Entrypoint_AfterItsEnd_KeepsItsOutput()
        => Json.Equal("\"early\\n\"", await script.CaseAsync(Backend.V2, "entrypointOutputLater"));

    public sealed class Script() : ScriptFixture("lifecycle.mjs");
}
