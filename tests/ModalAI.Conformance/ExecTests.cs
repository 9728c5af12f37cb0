using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class ExecTests(ExecTests.Script script) : IClassFixture<ExecTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Arguments_WithAwkwardCharacters_ArriveAsTheyAre(Backend backend)
    {
        var result = await script.CaseAsync(backend, "arguments");

        Assert.Equal("[two words]\n[quote \" ' \\]\n[]\n[$HOME `id` $(id)]\n[ümläut 漢字 🙂]\n[new\nline]\n[--flag=*]\n", result.Text("stdout"));
        Assert.Equal(0, result.Number("code"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WorkingDirectory_OfSandboxAndCommand_IsUsed(Backend backend)
    {
        var result = await script.CaseAsync(backend, "workingDirectory");

        Assert.Equal("/srv/made/for/it\n", result.Text("own"));
        Assert.Equal("/usr/bin\n", result.Text("given"));
        Json.FailsWith(Json.InvalidArgument, "/not/there", result.GetProperty("missing"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Environment_OfSandboxAndCommand_IsLaidOver(Backend backend)
    {
        var result = await script.CaseAsync(backend, "environment");

        Assert.Equal("sandbox\n", result.Text("inherited"));
        Assert.Equal("exec\n", result.Text("overridden"));
        Assert.Contains("/usr/bin", result.Text("path"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task ExitCode_OfACommand_IsAsInAShell(Backend backend)
        => Json.Equal("""{"zero":0,"own":42,"signal":143,"missing":127}""", await script.CaseAsync(backend, "exitCodes"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Streams_OfACommand_AreSeparate(Backend backend)
        => Json.Equal("""{"stdout":"to stdout\n","stderr":"to stderr\n","code":0}""", await script.CaseAsync(backend, "separateStreams"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Streams_ThatAreIgnored_DoNotStopTheCommand(Backend backend)
        => Json.Equal("""{"code":5,"stdout":""}""", await script.CaseAsync(backend, "ignoredStreams"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task StandardInput_WithText_ArrivesInOrder(Backend backend)
        => Json.Equal("""{"stdout":"first second ümläut","code":0}""", await script.CaseAsync(backend, "stdinText"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task StandardInput_BetweenWrites_StaysOpen(Backend backend)
        => Json.Equal("""{"first":"one:x\n","second":"two:y\n","code":0}""", await script.CaseAsync(backend, "stdinStaysOpen"));

    [SkippableTheory]
    [InlineData(Backend.V1, "stdinBinary")]
    [InlineData(Backend.V2, "stdinBinary")]
    [InlineData(Backend.V1, "stdinLarge")]
    [InlineData(Backend.V2, "stdinLarge")]
    public async Task StandardInput_WithBytes_ArrivesUnchanged(Backend backend, string name)
    {
        var result = await script.CaseAsync(backend, name);

        Assert.Equal(result.Text("sent"), result.Text("received"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task StandardInput_AfterTheExit_IsRefused(Backend backend)
        => Json.FailsWith(Json.FailedPrecondition, "has exited", await script.CaseAsync(backend, "stdinAfterTheExit"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Timeout_OfACommand_KillsItAndKeepsItsOutput(Backend backend)
        => Json.Equal("""{"code":137,"stdout":"before\n"}""", await script.CaseAsync(backend, "timeout"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_Of64MiBInBinary_ArrivesUnchanged(Backend backend)
    {
        var result = await script.CaseAsync(backend, "binaryOutput");

        Assert.Equal(64 * 1024 * 1024, result.Number("bytes"));
        Assert.Equal(result.Text("expected"), result.Text("received"));
        Assert.Equal(0, result.Number("code"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_ThatNobodyReads_DoesNotBlockTheCommand(Backend backend)
        => Json.Equal("""{"code":0,"bytes":4194304}""", await script.CaseAsync(backend, "unreadOutputDoesNotBlock"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Wait_WithAChildLeftBehind_EndsWithTheCommandAndItsOutputWithTheChild(Backend backend)
        => Json.Equal(
            """{"code":0,"stdout":"started\n","waitedForTheCommandOnly":true,"readUntilTheChildEnded":true}""",
            await script.CaseAsync(backend, "waitEndsWithTheCommand"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Commands_SideBySide_DoNotMix(Backend backend)
    {
        var result = await script.CaseAsync(backend, "sideBySide");

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}/{i}"), result.EnumerateArray().Select(one => one.GetString()));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Command_LongerThan64KiBInBytes_IsRefused(Backend backend)
        => Json.FailsWith(Json.InvalidArgument, "80004 bytes", await script.CaseAsync(backend, "tooLong"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Poll_OfACommand_TellsItsExitCodeOnceItHasEnded(Backend backend)
        => Json.Equal("""{"running":null,"ended":3}""", await script.CaseAsync(backend, "poll"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Poll_OfAKilledCommand_TellsTheSignal(Backend backend)
        => Json.Equal("""137""", await script.CaseAsync(backend, "pollOfASignal"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task StandardInput_ClosedTwice_IsClosed(Backend backend)
        => Json.Equal("""{"stdout":"once","code":0}""", await script.CaseAsync(backend, "stdinClosedTwice"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task StandardInput_OfManyWritesAtOnce_ArrivesInOrder(Backend backend)
        => Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $"{i};")), (await script.CaseAsync(backend, "stdinSideBySide")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_CancelledByItsReader_DoesNotStopTheCommand(Backend backend)
        => Json.Equal("""8""", await script.CaseAsync(backend, "outputCancelledAndTheRestUnread"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Wait_Twice_AnswersTwice(Backend backend)
        => Json.Equal("""[6,6]""", await script.CaseAsync(backend, "waitedForTwice"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Timeout_OfAFractionOfASecond_IsRefused(Backend backend)
        => Json.FailsWith("Error", await script.CaseAsync(backend, "notOfWholeSeconds"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task WorkingDirectory_ThatIsNotAbsolute_IsRefused(Backend backend)
        => Json.FailsWith("InvalidError", await script.CaseAsync(backend, "relativeWorkingDirectory"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Command_WithoutAProgram_IsRefused(Backend backend)
        => Json.FailsWith(Json.InvalidArgument, "empty", await script.CaseAsync(backend, "noCommand"));

    public sealed class Script() : ScriptFixture("exec.mjs");
}
