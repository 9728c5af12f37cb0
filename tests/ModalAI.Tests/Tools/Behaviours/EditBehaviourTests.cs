using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Behaviours;

/// <summary>What agents count on when they edit: exact text, nothing else touched, and a way on where it does not fit.</summary>
public sealed class EditBehaviourTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Theory]
    [InlineData("Price: $100.00\n[a-z]* \\1 & ^x$", "$100.00", "$200.00", "Price: $200.00\n[a-z]* \\1 & ^x$")]
    [InlineData("Price: $100.00\n[a-z]* \\1 & ^x$", "[a-z]*", "[0-9]+", "Price: $100.00\n[0-9]+ \\1 & ^x$")]
    [InlineData("a b", "b", "$1 \\1 & \\n $(id) `id`", "a $1 \\1 & \\n $(id) `id`")]
    [InlineData("one\ntwo\nthree", "one\ntwo", "both", "both\nthree")]
    [InlineData("keep\ndrop\nkeep too", "drop\n", "", "keep\nkeep too")]
    [InlineData("the red cat", "red", "dark red", "the dark red cat")]
    [InlineData("a\t \tb", "\t \t", " ", "a b")]
    [InlineData("x\n\n\n\ny", "\n\n\n\n", "\n", "x\ny")]
    [InlineData("Hello 👋 世界", "👋", "🌍", "Hello 🌍 世界")]
    [InlineData("e\u0301 é", "é", "e", "e\u0301 e")]
    [InlineData("first\nlast", "last", "last\n", "first\nlast\n")]
    [InlineData("first\nlast\n", "last\n", "last", "first\nlast")]
    [InlineData("a\r\nb\r\nc\r\n", "b", "b1\nb2", "a\r\nb1\r\nb2\r\nc\r\n")]
    [InlineData("  indented\n    more\n", "    more", "\tmore", "  indented\n\tmore\n")]
    [InlineData("if (a) {\n}\nif (b) {\n}\n", "if (b) {\n}", "if (c) {\n}", "if (a) {\n}\nif (c) {\n}\n")]
    public async Task Edit_UniqueText_ChangesThatAlone(string content, string oldText, string newText, string expected)
    {
        await Sandbox.Files.WriteAllTextAsync("/work/file", content, TestTimeout.Token);

        Assert.StartsWith("edited 'file': 1 replacement in line ", await CallAsync("edit", ("file_path", "file"), ("old_string", oldText), ("new_string", newText)), StringComparison.Ordinal);

        Assert.Equal(expected, await Sandbox.Files.ReadAllTextAsync("/work/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Edit_TextThatOccursOften_NeedsReplaceAll()
    {
        const string Content = "apple\nbanana\napple\norange\napple pineapple";
        await Sandbox.Files.WriteAllTextAsync("/work/file", Content, TestTimeout.Token);

        var refused = await CallAsync("edit", ("file_path", "file"), ("old_string", "apple"), ("new_string", "pear"));
        Assert.Contains("occurs 4 times, in lines 1, 3, 5. Add lines around it to make it unique, or set replace_all.", refused, StringComparison.Ordinal);
        Assert.Equal(Content, await Sandbox.Files.ReadAllTextAsync("/work/file", cancellationToken: TestTimeout.Token));

        var made = await CallAsync("edit", ("file_path", "file"), ("old_string", "apple"), ("new_string", "pear"), ("replace_all", true));
        Assert.StartsWith("edited 'file': 4 replacements in lines 1, 3, 5.", made, StringComparison.Ordinal);
        Assert.Equal(
            Content.Replace("apple", "pear", StringComparison.Ordinal), await Sandbox.Files.ReadAllTextAsync("/work/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Edit_VeryLongTexts_AreReplaced()
    {
        var (oldText, newText) = (new string('x', 200_000), string.Concat(Enumerable.Range(0, 50_000).Select(static number => $"{number}\n")));
        await Sandbox.Files.WriteAllTextAsync("/work/file", $"a\n{oldText}\nb\n", TestTimeout.Token);

        var text = await CallAsync("edit", ("file_path", "file"), ("old_string", oldText), ("new_string", newText));

        Assert.StartsWith("edited ", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 1, 10_000);
        Assert.Equal($"a\n{newText}\nb\n", await Sandbox.Files.ReadAllTextAsync("/work/file", cancellationToken: TestTimeout.Token));
    }

    [Theory]
    [InlineData("Hello world", "hello", "does not occur in it")]
    [InlineData("a\nb", "a\n\nb", "does not occur in it")]
    [InlineData("same", "same", "are the same")]
    [InlineData("text", "", "old_string is empty")]
    public async Task Edit_ThatCannotBeMade_SaysWhyAndLeavesTheFile(string content, string oldText, string expected)
    {
        await Sandbox.Files.WriteAllTextAsync("/work/file", content, TestTimeout.Token);

        var text = await CallAsync("edit", ("file_path", "file"), ("old_string", oldText), ("new_string", "same"));

        Assert.StartsWith("Error: ", text, StringComparison.Ordinal);
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Equal(content, await Sandbox.Files.ReadAllTextAsync("/work/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Edit_ManyAtOnceOfDifferentFiles_AreAllMade()
    {
        await ShellAsync("for i in 1 2 3 4 5 6 7 8; do echo \"old $i\" >file$i; done");

        await Task.WhenAll(Enumerable.Range(1, 8).Select(number => CallAsync("edit", ("file_path", $"file{number}"), ("old_string", "old"), ("new_string", $"new{number}"))));

        Assert.Equal(string.Concat(Enumerable.Range(1, 8).Select(static number => $"new{number} {number}\n")), await ShellAsync("cat file?"));
    }

    [Fact]
    public async Task Edit_ManyAtOnceOfOneFile_AreAllMade()
    {
        await ShellAsync("for i in 1 2 3 4 5 6 7 8; do echo \"old $i.\"; done >file");

        var texts = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => CallAsync("edit", ("file_path", "file"), ("old_string", $"old {number}."), ("new_string", $"new {number}."))));

        Assert.All(texts, static text => Assert.StartsWith("edited 'file': 1 replacement", text, StringComparison.Ordinal));
        Assert.Equal(string.Concat(Enumerable.Range(1, 8).Select(static number => $"new {number}.\n")), await ShellAsync("cat file"));
    }
}
