using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class ProbeTests(ProbeTests.Script script) : IClassFixture<ProbeTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WaitUntilReady_ForAPort_EndsOnceItListens(Backend backend)
    {
        var result = await script.CaseAsync(backend, "tcp");

        Json.FailsWith("TimeoutError", result.GetProperty("early"));
        Json.Succeeds(result.GetProperty("again"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WaitUntilReady_ForAPortOfItsOwnNetwork_EndsOnceItListens(Backend backend)
        => Json.Succeeds(await script.CaseAsync(backend, "tcpWithItsOwnNetwork"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WaitUntilReady_ForACommand_TriesUntilItSucceeds(Backend backend)
    {
        var result = await script.CaseAsync(backend, "exec");

        Json.FailsWith("TimeoutError", result.GetProperty("early"));
        Assert.True(result.Flag("tried"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WaitUntilReady_ForACommandThatDoesNotExist_TimesOut(Backend backend)
        => Json.FailsWith("TimeoutError", await script.CaseAsync(backend, "execOfNoProgram"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task ProbeCommand_OfASandbox_RunsAsTheSandboxsCommandsDo(Backend backend)
        => Json.Succeeds(await script.CaseAsync(backend, "environment"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WaitUntilReady_WithoutAProbe_Fails(Backend backend)
        => Json.FailsWith(Json.FailedPrecondition, "no readiness probe", await script.CaseAsync(backend, "none"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WaitUntilReady_OfASandboxThatEnds_Fails(Backend backend)
        => Json.FailsWith(Json.FailedPrecondition, "ended", await script.CaseAsync(backend, "endedBefore"));

    [SkippableTheory]
    [InlineData("badPort")]
    [InlineData("badInterval")]
    [InlineData("badTimeout")]
    public async Task Probe_ThatTheSdkRefuses_IsAnInvalidError(string name)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.FailsWith("InvalidError", await script.CaseAsync(backend, name));
        }
    }

    public sealed class Script() : ScriptFixture("probes.mjs");
}
