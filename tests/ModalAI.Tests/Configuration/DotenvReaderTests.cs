using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class DotenvReaderTests
{
    [Theory]
    [InlineData("A=1", "1")]
    [InlineData("A=", "")]
    [InlineData("A", null)]
    [InlineData("A = spaced ", "spaced")]
    [InlineData("  A=x", "x")]
    [InlineData("\tA\t=\tx\t", "x")]
    [InlineData("export A=1", "1")]
    [InlineData("export\tA=1", "1")]
    [InlineData("A=has=equals==", "has=equals==")]
    [InlineData("A=a#b", "a#b")]
    [InlineData("A=plain # comment", "plain")]
    [InlineData("A=# comment", "# comment")]
    [InlineData("A= # comment", "")]
    [InlineData("A=$HOME ${X}", "$HOME ${X}")]
    [InlineData("A=\"two words\"", "two words")]
    [InlineData("A=\"two words\" # comment", "two words")]
    [InlineData("A=\"x # y\"", "x # y")]
    [InlineData("A=\"a\\nb\\tc\\rd\"", "a\nb\tc\rd")]
    [InlineData("A=\"say \\\"hi\\\" \\\\ \\$x \\' \\`\"", "say \"hi\" \\ $x ' `")]
    [InlineData("A=\"C:\\dir\\q\"", "C:\\dir\\q")]
    [InlineData("A=\"one\ntwo # no comment\n\nfour\"", "one\ntwo # no comment\n\nfour")]
    [InlineData("A='single \\n $A #x \"q\"'", "single \\n $A #x \"q\"")]
    [InlineData("A='one\ntwo'", "one\ntwo")]
    [InlineData("A=''", "")]
    [InlineData("A=it's", "it's")]
    [InlineData("A=1\r", "1")]
    [InlineData("\uFEFFA=1", "1")]
    [InlineData("A=ünïcode 😀", "ünïcode 😀")]
    public void Read_OneVariable_GivesItsValue(string text, string? value)
    {
        if (value is null)
        {
            Assert.Throws<FormatException>(() => DotenvReader.Read(text));
            return;
        }

        Assert.Equal(value, Assert.Single(DotenvReader.Read(text)).Value);
    }

    [Fact]
    public void Read_AWholeFile_SkipsCommentsAndTakesTheLastOfANameTwice()
    {
        var values = DotenvReader.Read("# comment\r\n\r\nA=1\r\n  # another\r\nexport B=\"x\r\ny\"\r\nA=2\r\nexport=3\r\nexport =4");

        Assert.Equal(new Dictionary<string, string> { ["A"] = "2", ["B"] = "x\ny", ["export"] = "4" }, values);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \n\t\n")]
    [InlineData("# only\n#comments")]
    public void Read_NothingInIt_GivesNothing(string text) => Assert.Empty(DotenvReader.Read(text));

    [Theory]
    [InlineData("OK=1\nsecret-word without", "line 2", "'='")]
    [InlineData("OK=1\n\n1BAD=secret-word", "line 3", "name")]
    [InlineData("=secret-word", "line 1", "name")]
    [InlineData("A-B=secret-word", "line 1", "name")]
    [InlineData("A=\"secret-word\nB=2", "line 1", "double quote")]
    [InlineData("OK=1\nA='secret-word", "line 2", "single quote")]
    [InlineData("A=\"x\ny\"\nB='secret-word' more", "line 3", "after")]
    [InlineData("A=\"secret-word\"x", "line 1", "after")]
    [InlineData("A=secret-word\0", "line 1", "NUL")]
    [InlineData("A=\"one\ntwo\"\nA='\nsecret-word\n' x", "line 3", "after")]
    public void Read_WhatIsNotUnderstood_NamesTheLineAndNoValue(string text, string line, string problem)
    {
        var exception = Assert.Throws<FormatException>(() => ModalSecret.FromDotenv(text));

        Assert.Contains(line, exception.Message, StringComparison.Ordinal);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromDotenvFile_ReadsTheFile_AndShowsNoValue()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, ".env");
        File.WriteAllText(path, "\uFEFFKEY=secret-word\n");

        var secret = ModalSecret.FromDotenvFile(path);

        Assert.Equal("secret-word", secret.Values!["KEY"]);
        Assert.DoesNotContain("secret-word", secret.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void FromDotenvFile_ThatIsMissingTooLongOrNotText_SaysSo()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "x.env");
        Assert.Throws<FileNotFoundException>(() => ModalSecret.FromDotenvFile(path));

        File.WriteAllBytes(path, [(byte)'A', (byte)'=', 0xFF]);
        Assert.Contains("UTF-8", Assert.Throws<FormatException>(() => ModalSecret.FromDotenvFile(path)).Message, StringComparison.Ordinal);

        File.WriteAllBytes(path, new byte[BoundedText.MaxBytes + 1]);
        Assert.Contains("longer", Assert.Throws<FormatException>(() => ModalSecret.FromDotenvFile(path)).Message, StringComparison.Ordinal);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("modalai-dotenv-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
