using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class StdioTests(StdioTests.Script script) : IClassFixture<StdioTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_OfTheSandboxsCommand_IsTwoStreams(Backend backend)
        => Json.Equal("""{"stdout":"to stdout\n","stderr":"to stderr\n","code":3}""", await script.CaseAsync(backend, "outputAndErrors"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_AfterTheEnd_IsStillThere(Backend backend)
        => Json.Equal("""{"code":0,"stdout":"last words\n","stderr":"complaint\n"}""", await script.CaseAsync(backend, "afterTheEnd"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_WhileTheCommandRuns_ArrivesAsItIsPrinted(Backend backend)
        => Json.Equal("""{"first":"ready\n","second":"got:go\n","end":true,"code":0}""", await script.CaseAsync(backend, "whileItRuns"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Input_UntilItsEnd_ArrivesInOrder(Backend backend)
        => Json.Equal("""{"stdout":"first second ümläut third","code":0}""", await script.CaseAsync(backend, "stdinUntilItsEnd"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Input_OfManyWritesAtOnce_ArrivesInOrder(Backend backend)
        => Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $"{i};")), (await script.CaseAsync(backend, "stdinSideBySide")).Text("stdout"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Input_AfterTheEnd_IsRefused(Backend backend)
        => Json.FailsWith(Json.FailedPrecondition, backend == Backend.V1 ? "has ended" : "has exited", await script.CaseAsync(backend, "stdinAfterTheEnd"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Input_OfNoCommand_IsRefused(Backend backend)
        => Json.FailsWith(Json.FailedPrecondition, "without a command", await script.CaseAsync(backend, "stdinOfNoCommand"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_OfNoCommand_EndsWithTheSandbox(Backend backend)
        => Json.Equal("""{"stdout":""}""", await script.CaseAsync(backend, "noCommandHasNoOutput"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_WithACharacterInTwoPieces_IsWhole(Backend backend)
        => Json.Equal("""{"stdout":"€!"}""", await script.CaseAsync(backend, "characterInTwoWrites"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_ThatIsNoText_IsReplaced(Backend backend)
        => Assert.Equal("a\uFFFDb\uFFFD", (await script.CaseAsync(backend, "bytesThatAreNoText")).Text("stdout"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_OfManyLines_IsComplete(Backend backend)
        => Assert.True((await script.CaseAsync(backend, "longOutput")).Flag("right"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_ReadAsBytes_HasAllOfThem(Backend backend)
        => Assert.Equal(5, (await script.CaseAsync(backend, "readBytes")).Number("length"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_OfAnotherHandle_StartsAtTheFirstByte(Backend backend)
        => Json.Equal("""{"first":"shared\n"}""", await script.CaseAsync(backend, "ofAnotherHandle"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Output_OfTheSandboxsCommand_HoldsNoOutputOfExecs(Backend backend)
    {
        var result = await script.CaseAsync(backend, "execOutputIsSeparate");

        Assert.Equal("of the exec\n", result.Text("exec"));
        Assert.Equal("of the entrypoint\n", result.Text("stdout"));
    }

    public sealed class Script() : ScriptFixture("stdio.mjs");
}
