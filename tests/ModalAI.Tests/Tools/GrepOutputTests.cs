using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class GrepOutputTests
{
    [Fact]
    public void Parse_FileThatRipgrepFindsToBeBinary_DoesNotChangeTheNextName()
    {
        var output = "./a.log\u00011:x\n./a.log: WARNING: stopped searching binary file after match (found \"\\0\" byte around offset 9)\n./b\u00012:x\n"
            + "./c: binary file matches (found \"\\0\" byte around offset 70)\n./d\u00013:x\n";

        var hits = GrepOutput.Parse(output, GrepMode.Content, isSeparated: true);

        Assert.Equal([new("a.log", 1, "x"), new("a.log", IsMatch: false), new("b", 2, "x"), new("c", IsMatch: false), new GrepHit("d", 3, "x")], hits);
        Assert.Equal("('a.log' is binary further on, so it was not searched to its end)", hits[1].Describe(GrepMode.Content, 100));
    }

    [Fact]
    public void Parse_FileThatIsBinaryInCounts_IsLeftOut() => Assert.Equal(
        [new GrepHit("b", 2)],
        GrepOutput.Parse("a: WARNING: stopped searching binary file after match (found \"\\0\" byte around offset 9)\nb\u00012\n", GrepMode.Count, isSeparated: true));

    [Fact]
    public void TrimGaps_GapsWithoutResults_GoAway() => Assert.Equal(
        ["a", "", "b"], GrepOutput.TrimGaps([new(""), new("a"), new(""), new(""), new("b"), new("")]).Select(static hit => hit.Path));
}
