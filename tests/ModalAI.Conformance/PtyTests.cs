using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class PtyTests(PtyTests.Script script) : IClassFixture<PtyTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_OfACommand_IsOneOfTheSandboxsOwn(Backend backend)
    {
        var result = await script.CaseAsync(backend, "isATerminal");

        Assert.Matches("^/dev/pts/[0-9]+\r\n$", result.Text("stdout"));
        Assert.Equal("", result.Text("stderr"));
        Assert.Equal(0, result.Number("code"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_NotAskedFor_IsNotThere(Backend backend)
        => Json.Equal("""{"stdout":"not a tty\n","code":1}""", await script.CaseAsync(backend, "withoutIsNone"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_SizeAndKind_AreWhatTheSdkAsksFor(Backend backend)
        => Json.Equal("""{"stdout":"24 80\r\nxterm-256color truecolor\r\n","stderr":"","code":0}""", await script.CaseAsync(backend, "sizeAndKind"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_VariableOfTheCommand_IsStronger(Backend backend)
        => Json.Equal("""{"stdout":"dumb\r\n","stderr":"","code":0}""", await script.CaseAsync(backend, "ownVariablesAreStronger"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_ErrorOutput_ComesWithTheOutput(Backend backend)
        => Json.Equal("""{"stdout":"out\r\nerr\r\n","stderr":"","code":9}""", await script.CaseAsync(backend, "errorsComeWithTheOutput"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_CtrlC_InterruptsTheCommand(Backend backend)
        => Json.Equal("""{"code":4}""", await script.CaseAsync(backend, "interrupt"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_CtrlC_InterruptsTheForegroundAlone(Backend backend)
        => Json.Equal("""{"code":6}""", await script.CaseAsync(backend, "interruptOfAChild"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_OfAShell_HasJobControl(Backend backend)
        => Json.Equal("""{"complained":false,"listed":true,"code":0}""", await script.CaseAsync(backend, "jobControl"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_EndOfInput_ReachesAProgramThatReadsLines(Backend backend)
        => Json.Equal("""{"text":true,"code":0}""", await script.CaseAsync(backend, "endOfInput"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_ExitCode_IsTheCommands(Backend backend)
        => Json.Equal("""{"stdout":"","stderr":"","code":42}""", await script.CaseAsync(backend, "exitCode"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_Timeout_KillsTheCommand(Backend backend)
        => Json.Equal("""{"code":137}""", await script.CaseAsync(backend, "timeout"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_OfMuchOutput_LosesNothing(Backend backend)
        => Json.Equal("""{"right":true,"code":0}""", await script.CaseAsync(backend, "longOutput"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminals_SideBySide_DoNotMix(Backend backend)
        => Assert.Equal(Enumerable.Range(0, 8).Select(i => $"{i}/0"), (await script.CaseAsync(backend, "sideBySide")).EnumerateArray().Select(one => one.GetString()));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_OfACommand_BelongsToTheSandboxsRoot(Backend backend)
        => Json.Equal("""{"stdout":"root\r\nwritten\r\n","stderr":"","code":0}""", await script.CaseAsync(backend, "ownedByTheUser"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Terminal_OfTheSandboxsCommand_Works(Backend backend)
        => Json.Equal("""{"terminal":true,"stderr":"","code":5}""", await script.CaseAsync(backend, "ofTheEntrypoint"));

    public sealed class Script() : ScriptFixture("pty.mjs");
}
