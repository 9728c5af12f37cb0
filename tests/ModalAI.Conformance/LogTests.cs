using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class LogTests(LogTests.Script script) : IClassFixture<LogTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_OfATime_GivesTheLinesWithSourceAndTime(Backend backend)
        => Json.Equal(
            """
            {"sorted":["one\n","three\n","two\n"],"sources":{"one":"stdout","two":"stderr","three":"stdout"},"ofSandbox":true,"inTime":true,"task":true}
            """,
            await script.CaseAsync(backend, "fetch"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_OfASource_LeavesOutTheOthers(Backend backend)
        => Json.Equal("""{"stdout":["out\n"],"stderr":["err\n"],"system":[],"tail":["err\n"]}""", await script.CaseAsync(backend, "bySource"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_OfAText_GivesTheLinesThatHoldIt(Backend backend)
        => Json.Equal("""["needle one\n","needle two\n"]""", await script.CaseAsync(backend, "bySearch"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_UpToATime_LeavesThatOut(Backend backend)
        => Json.Equal("""{"fromSecond":["second\n"],"untilSecond":["first\n"],"before":[],"nothing":[]}""", await script.CaseAsync(backend, "byTime"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Tail_OfSomeEntries_GivesTheLastInOrder(Backend backend)
    {
        var result = await script.CaseAsync(backend, "tail");

        Json.Equal("""["4\n","5\n"]""", result.GetProperty("last"));
        Json.Equal("5", result.GetProperty("all"));
        Json.Equal("[]", result.GetProperty("none"));
        Json.FailsWith("Error", result.GetProperty("tooMany"));
        Json.FailsWith("Error", result.GetProperty("negative"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_OfMoreThanComesAtOnce_LosesAndRepeatsNothing(Backend backend)
    {
        var result = await script.CaseAsync(backend, "many");

        Json.Equal("30000", result.GetProperty("count"));
        Assert.True(result.Flag("inOrder"));
        Json.Equal("20000", result.GetProperty("tail"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_OfMoreThanCanBeToldApart_FailsAndTheTailDoesNot(Backend backend)
    {
        var result = await script.CaseAsync(backend, "tooDense");

        Json.FailsWith("Error", result.GetProperty("fetch"));
        Json.Equal("\"50000\\n\"", result.GetProperty("tail"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_AfterTheEnd_HasAllThatWasPrinted(Backend backend)
        => Json.Equal("""["kept\n","unfinished"]""", await script.CaseAsync(backend, "afterTheEnd"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_OfALongLine_GivesItInPiecesOfWholeCharacters(Backend backend)
        => Json.Equal("""{"whole":true,"pieces":true}""", await script.CaseAsync(backend, "longLine"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Logs_OfASandbox_HaveNothingOfCommands(Backend backend) => Json.Equal("""["own\n"]""", await script.CaseAsync(backend, "ofCommands"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Logs_OfASandbox_NameTheSidecarThatPrinted(Backend backend)
        => Json.Equal("""{"messages":["main\n","sidecar\n"],"own":true}""", await script.CaseAsync(backend, "ofSidecars"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Logs_OfASilentSandbox_AreEmpty(Backend backend) => Json.Equal("""{"fetch":[],"tail":[]}""", await script.CaseAsync(backend, "silent"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Fetch_OfALongTime_TakesUpTo35Days(Backend backend)
    {
        Json.FailsWith("Error", await script.CaseAsync(backend, "tooLong"));
        Json.Equal("""["there\n"]""", await script.CaseAsync(backend, "longest"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Logs_OfAnUnknownSandbox_AreNotFound(Backend backend)
        => Json.FailsWith(Json.NotFound, "There is no sandbox", await script.CaseAsync(backend, "unknown"));

    public sealed class Script() : ScriptFixture("logs.mjs");
}
