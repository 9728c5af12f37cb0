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

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminate_WithoutWaiting_GivesNoCode(Backend backend)
        => Json.Equal("""{"returned":null,"code":137}""", await script.CaseAsync(backend, "terminateWithoutWaiting"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminate_OfASandboxThatHasEnded_KeepsItsCode(Backend backend)
        => Json.Equal("8", await script.CaseAsync(backend, "terminateKeepsAnEarlierEnd"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminate_WhileACommandRuns_KillsIt(Backend backend) => Json.Equal("137", await script.CaseAsync(backend, "killedCommand"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Wait_BySeveral_TellsAllOfThem(Backend backend) => Json.Equal("[6,6,6]", await script.CaseAsync(backend, "waitedForByMany"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task IdleTimeout_WithOnlyTheSandboxsOwnCommand_EndsIt(Backend backend)
        => Json.Equal("137", await script.CaseAsync(backend, "idleWithACommand"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task IdleTimeout_AfterACommand_StartsAnew(Backend backend) => Json.Equal("[0,0,0]", await script.CaseAsync(backend, "idleStartsAnew"));

    [SkippableTheory]
    [InlineData(Backend.V1, "missingProgram", 127)]
    [InlineData(Backend.V2, "missingProgram", 127)]
    [InlineData(Backend.V1, "signalled", 143)]
    [InlineData(Backend.V2, "signalled", 143)]
    public async Task Wait_ForAnEntrypointThatCannotRunOrIsKilled_GivesTheShellsCode(Backend backend, string name, int code)
        => Assert.Equal(code, (await script.CaseAsync(backend, name)).GetInt32());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Environment_OfASandbox_HasLaterSecretsAndVariablesOverEarlierOnes(Backend backend)
        => Json.Equal("\"from env/from object/stronger\\n\"", await script.CaseAsync(backend, "environment"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Entrypoint_OfASandbox_HasItsEnvironmentAndWorkingDirectory(Backend backend)
        => Json.Equal("21", await script.CaseAsync(backend, "entrypointEnvironment"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Detach_WhileACommandIsWaitedFor_LetsTheWaitEnd(Backend backend) => Json.Equal("6", await script.CaseAsync(backend, "detachAndGoOn"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Detach_OfAHandle_LeavesItTheWaitAlone(Backend backend)
    {
        var result = await script.CaseAsync(backend, "afterDetach");

        Json.Equal("137", result.GetProperty("code"));
        foreach (var refused in result.GetProperty("refused").EnumerateObject())
        {
            Json.FailsWith("ClientClosedError", refused.Value);
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Create_OfSeveralAtOnce_KeepsThemApart(Backend backend) => Json.Equal("[3,4,5]", await script.CaseAsync(backend, "twoAtOnce"));

    [SkippableFact]
    public async Task Entrypoint_OfASandbox_HasStandardStreams()
        => Json.Equal("""{"code":3,"stdout":"got a line\n","stderr":"oops\n"}""", await script.CaseAsync(Backend.V2, "entrypointStreams"));

    [SkippableFact]
    public async Task Entrypoint_AfterItsEnd_KeepsItsOutput()
        => Json.Equal("\"early\\n\"", await script.CaseAsync(Backend.V2, "entrypointOutputLater"));

    public sealed class Script() : ScriptFixture("lifecycle.mjs");
}
