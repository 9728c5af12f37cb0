using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class FileEditTests
{
    [Theory]
    [InlineData("a\nb\nc\n", "b", "x\ny", false, "a\nx\ny\nc\n")]
    [InlineData("a\r\nb\r\nc\r\n", "a\nb", "x\ny", false, "x\r\ny\r\nc\r\n")]
    [InlineData("a\r\nb\r\n", "b", "x\ny", false, "a\r\nx\r\ny\r\n")]
    [InlineData("a\r\nb\nc", "a\nb", "x", false, "x\nc")]
    [InlineData("a\r\nb\nc", "b\nc", "x\ny", false, "a\r\nx\ny")]
    [InlineData("\uFEFFa\nb", "a", "x", false, "\uFEFFx\nb")]
    [InlineData("aXbXc", "X", "", true, "abc")]
    [InlineData("aaaa", "aa", "b", true, "bb")]
    [InlineData("a.c abc", "a.c", "$0 \\1", false, "$0 \\1 abc")]
    [InlineData("no end", "end", "end\n", false, "no end\n")]
    public void Apply_Replacement_ChangesNothingElse(string content, string oldText, string newText, bool all, string expected)
    {
        var result = Apply(Edit(oldText, newText, all), Encoding.UTF8.GetBytes(content)).Content;

        Assert.NotNull(result);
        Assert.Equal(expected, Encoding.UTF8.GetString(result));
    }

    [Fact]
    public void Apply_TextThatOccursOften_ListsItsLines()
    {
        var content = string.Concat(Enumerable.Range(1, 50).Select(number => $"{number} {(number % 2 == 0 ? "even" : "odd")}\n"));

        var (result, message, _) = Apply(Edit("even", "x", all: false), Encoding.UTF8.GetBytes(content));

        Assert.Null(result);
        Assert.StartsWith("old_string occurs 25 times, in lines 2, 4, 6, 8, 10, ", message, StringComparison.Ordinal);
        Assert.Contains("and more. Add lines around it to make it unique, or set replace_all.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_OccurrencesThatOverlap_AreAmbiguous()
    {
        Assert.Null(Apply(Edit("aa", "b", all: false), "aaa"u8.ToArray()).Content);
    }

    [Fact]
    public async Task Apply_TextThatOccursAtEachPlace_IsCountedInPartOnly()
    {
        var edit = Edit(new string('a', 100_000), "b", all: false);

        var (_, message, _) = await Task.Run(() => Apply(edit, Encoding.UTF8.GetBytes(new string('a', 5_000_000)))).WaitAsync(TestTimeout.Duration);

        Assert.StartsWith("old_string occurs more than 1000 times, in lines 1. ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\tif x :", "line 2 «    if x:»")]
    [InlineData("def  start(self):\n  pass", "lines 1-2, of which line 1 differs first: «def start(self):»")]
    [InlineData("nothing like it at all", "None of its 3 lines is like it")]
    [InlineData(" \n ", "None of its 3 lines is like it")]
    public void Apply_TextThatIsNotThere_ShowsTheNearestLines(string oldText, string expected)
    {
        var (result, message, _) = Apply(Edit(oldText, "x", all: false), "def start(self):\n    if x:\n        return 1\n"u8.ToArray());

        Assert.Null(result);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_ManyReplacements_MakeNoFileWithoutBounds()
    {
        var (result, message, _) = Apply(Edit("a", new string('b', 100_000), all: true), Encoding.UTF8.GetBytes(new string('a', 1_000)));

        Assert.Null(result);
        Assert.Contains("100000000 bytes", message, StringComparison.Ordinal);
    }

    private static EditOutcome Apply(FileEdit edit, byte[] content) => edit.Apply(content, ToolWords.Default, 16 * 1024 * 1024);

    private static FileEdit Edit(string oldText, string newText, bool all) => new(Encoding.UTF8.GetBytes(oldText), Encoding.UTF8.GetBytes(newText), all);
}
