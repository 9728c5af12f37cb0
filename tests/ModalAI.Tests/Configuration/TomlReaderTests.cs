using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class TomlReaderTests
{
    [Theory]
    [InlineData("a = \"x\"", "x")]
    [InlineData("a=\"x\"", "x")]
    [InlineData("  a\t=  \"x\"  # comment", "x")]
    [InlineData("\"a\" = 'x'", "x")]
    [InlineData("'a' = 'x'", "x")]
    [InlineData("a = \"\"", "")]
    [InlineData("a = ''", "")]
    [InlineData("a = 'C:\\n#'", "C:\\n#")]
    [InlineData("a = \"#\\\"\\\\\\t\\n\\r\\b\\f\"", "#\"\\\t\n\r\b\f")]
    [InlineData("a = \"\\u00e9\\U0001F600é\"", "é😀é")]
    [InlineData("a = true", true)]
    [InlineData("a = false#", false)]
    [InlineData("a = 5", 5.0)]
    [InlineData("a = -1_000", -1000.0)]
    [InlineData("a = +2.5e-1", 0.25)]
    [InlineData("a = 0xFF", null)]
    [InlineData("a = inf", null)]
    [InlineData("a = 2026-01-02", null)]
    [InlineData("a = 2026-01-02 03:04:05.678-01:00", null)]
    [InlineData("a = 2026-01-02T03:04:05Z # when", null)]
    [InlineData("a = 03:04:05", null)]
    [InlineData("a = []", null)]
    [InlineData("a = [ 1, 'x', [true], { b = [] }, ]", null)]
    [InlineData("a = [ # first\n\n  1,\r\n  2 # last\n]", null)]
    [InlineData("a = { b.c = 1, \"d\" = 'x' }", null)]
    [InlineData("a = {}", null)]
    [InlineData("a = \"\"\"\nx = [\n\\\"\"\" \"\"\"\"\"", null)]
    [InlineData("a = '''\n[not a table]\n'''", null)]
    public void Read_Value_IsReadOrReadOver(string line, object? expected)
    {
        var table = Assert.Single(TomlReader.Read($"[t]\n{line}\nend = true"));

        Assert.Equal(expected, table.Values["a"].Value);
        Assert.Equal(2, table.Values["a"].Line);
        Assert.Equal(true, table.Values["end"].Value);
    }

    [Theory]
    [InlineData("[t]", "t")]
    [InlineData(" [ t ] # comment", "t")]
    [InlineData("[my-profile_2]", "my-profile_2")]
    [InlineData("[ \"quoted name\" ]", "quoted name")]
    [InlineData("['a.b']", "a.b")]
    [InlineData("[\"]\\u0041\"]", "]A")]
    public void Read_Header_NamesTheTable(string header, string expected)
    {
        Assert.Equal(expected, Assert.Single(TomlReader.Read(header)).Name);
    }

    [Fact]
    public void Read_SeveralTables_KeepsOrderLinesAndEnds()
    {
        var tables = TomlReader.Read(
            "# mine\r\n\r\ntop = 1\r\n[b]\r\nx = 'b'\r\n[a.b]\r\nx = 'nested'\r\n"
            + "[[list]]\r\nx = 'list'\r\n[a]\r\nn.x = 1\r\nx = 'a'");

        Assert.Equal([("b", 4, "b"), ("a", 10, "a")], tables.Select(table => (table.Name, table.Line, table.Values["x"].Value as string)));
        Assert.Single(tables[1].Values);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \t\n")]
    [InlineData("# only this")]
    public void Read_NoTables_GivesNone(string text)
    {
        Assert.Empty(TomlReader.Read(text));
    }

    [Theory]
    [InlineData("[t", 1, "']' is missing")]
    [InlineData("[]", 1, "a name is missing")]
    [InlineData("[a b]", 1, "']' is missing")]
    [InlineData("[[a]", 1, "']' is missing")]
    [InlineData("[t] x = 1", 1, "the line should end here")]
    [InlineData("[t]\nx", 2, "'=' is missing")]
    [InlineData("[t]\nx = ", 2, "a value is missing")]
    [InlineData("[t]\nx = # nothing", 2, "a value is missing")]
    [InlineData("[t]\n= 1", 2, "a name is missing")]
    [InlineData("[t]\n\nx = hunter2", 3, "neither a quoted string nor")]
    [InlineData("[t]\nx = True", 2, "neither a quoted string nor")]
    [InlineData("[t]\nx = 01", 2, "neither a quoted string nor")]
    [InlineData("[t]\nx = 1_", 2, "neither a quoted string nor")]
    [InlineData("[t]\nx = .5", 2, "neither a quoted string nor")]
    [InlineData("[t]\nx = 2026-01-02 03", 2, "neither a quoted string nor")]
    [InlineData("[t]\nx = \"hunter2", 2, "the closing quote of a string is missing")]
    [InlineData("[t]\nx = 'hunter2\n'", 2, "the closing quote of a string is missing")]
    [InlineData("[t]\nx = \"hunter2\\", 2, "starts no escape sequence")]
    [InlineData("[t]\nx = \"hunter2\\q\"", 2, "starts no escape sequence")]
    [InlineData("[t]\nx = \"\\uD800\"", 2, "not a character in 4 hexadecimal digits")]
    [InlineData("[t]\nx = \"\\u12\"", 2, "not a character in 4 hexadecimal digits")]
    [InlineData("[t]\nx = \"a\u0001\"", 2, "a string has a control character")]
    [InlineData("[t]\nx = 'a\0'", 2, "a string has a control character")]
    [InlineData("[t]\nx = \"a\" \"b\"", 2, "the line should end here")]
    [InlineData("[t]\nx = 1 y = 2", 2, "the line should end here")]
    [InlineData("[t]\nx = 1\ry = 2", 2, "the line should end here")]
    [InlineData("[t]\nx = 1\0", 2, "the line should end here")]
    [InlineData("[t]\nx = [1,\n2,\n", 2, "the ']' of an array is missing")]
    [InlineData("[t]\nx = [1\n2]", 3, "',' or ']' is missing in an array")]
    [InlineData("[t]\nx = [,]", 2, "a value is missing")]
    [InlineData("[t]\nx = { a = 1", 2, "'}' is missing")]
    [InlineData("[t]\nx = { a = 1,\n b = 2 }", 2, "a name is missing")]
    [InlineData("[t]\nx = \"\"\"\n\n", 2, "the closing quotes of a multi-line string are missing")]
    [InlineData("[t]\nx = 1\nx = 2", 3, "the key is already set on line 2")]
    [InlineData("[t]\n[u]\n[t]", 3, "the table [t] is already defined on line 1")]
    public void Read_Malformed_NamesTheLineAndNoValue(string text, int line, string problem)
    {
        var exception = Assert.Throws<FormatException>(() => TomlReader.Read(text));

        Assert.StartsWith($"line {line}: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a=")]
    public void Read_DeepNesting_IsRefused(string open)
    {
        var text = "[t]\nx = " + string.Concat(Enumerable.Repeat(open, 100_000));

        var exception = Assert.Throws<FormatException>(() => TomlReader.Read(text));

        Assert.Contains("nested deeper than 32", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnyPrefixOfAFile_EndsInTablesOrAnError()
    {
        const string Text =
            "[ \"a\" ]\nx = \"\\u0041\\n\" # c\ny = [1, { b = '''q''' }, \"\"\"r\"\"\"]\r\n[[z]]\nd = 2026-01-02 03:04:05\ne.f = -1e3\n";
        for (var length = 0; length < Text.Length; length++)
        {
            try
            {
                Assert.True(TomlReader.Read(Text[..length]).Count <= 1);
            }
            catch (FormatException exception)
            {
                Assert.StartsWith("line ", exception.Message, StringComparison.Ordinal);
            }
        }
    }
}
