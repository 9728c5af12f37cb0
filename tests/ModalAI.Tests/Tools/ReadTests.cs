using System.Globalization;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class ReadTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Theory]
    [InlineData("a\nb\n")]
    [InlineData("a\nb")]
    public async Task Read_SmallFile_NumbersItsLines(string content)
    {
        await Sandbox.Files.WriteAllTextAsync("/work/file", content, TestTimeout.Token);

        Assert.Equal("     1\ta\n     2\tb\n(end of file, 2 lines)", await CallAsync("read", ("file_path", "/work/file")));
        Assert.Equal("     1\ta\n     2\tb\n(end of file, 2 lines)", await CallAsync("read", ("file_path", "file"), ("offset", 0)));
    }

    [Fact]
    public async Task Read_PartOfAFile_SaysHowToGoOn()
    {
        await ShellAsync("seq 1 5000 >/work/numbers");

        var text = await CallAsync("read", ("file_path", "numbers"), ("offset", 10), ("limit", 2));
        var all = await CallAsync("read", ("file_path", "numbers"));

        Assert.Equal("    10\t10\n    11\t11\n(lines 10 to 11 of 5000; for more: offset=12)", text);
        Assert.EndsWith("\n  2000\t2000\n(lines 1 to 2000 of 5000; for more: offset=2001)", all, StringComparison.Ordinal);
        Assert.EndsWith("\n  5000\t5000\n(end of file, 5000 lines)", await CallAsync("read", ("file_path", "numbers"), ("offset", 4000)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_AllParts_MakeTheWholeFile()
    {
        await ShellAsync("seq -f 'line %06g with some text behind its number' 1 9000 >/work/long");

        var (lines, offset) = (new List<string>(), 1);
        while (offset > 0)
        {
            var text = await CallAsync("read", ("file_path", "long"), ("offset", offset));
            Assert.InRange(text.Length, 1, 52_000);
            var parts = text.Split('\n');
            lines.AddRange(parts[..^1].Select(line => line.Split('\t')[1]));
            var next = parts[^1].IndexOf("offset=", StringComparison.Ordinal);
            offset = next < 0 ? 0 : int.Parse(parts[^1][(next + 7)..^1], CultureInfo.InvariantCulture);
        }

        Assert.Equal(Enumerable.Range(1, 9000).Select(number => $"line {number:d6} with some text behind its number"), lines);
    }

    [Theory]
    [InlineData("small", "seq 1 3", 3)]
    [InlineData("large", "head -c 17000000 /dev/zero | tr '\\000' '\\n'", 17_000_000)]
    public async Task Read_BeyondTheEnd_SaysWhereTheEndIs(string name, string content, int lines)
    {
        await ShellAsync($"{content} >/work/{name}");

        var text = await CallAsync("read", ("file_path", name), ("offset", 20_000_000));

        Assert.Equal($"Error: offset 20000000 is beyond the end of '{name}', which has {lines} lines. Give a number from 1 to {lines}.", text);
    }

    [Fact]
    public async Task Read_LargeFile_IsNotCounted()
    {
        await ShellAsync("yes 0123456789 | head -c 20000000 >/work/large");

        Assert.EndsWith("(lines 1 to 3; for more: offset=4)",
            await CallAsync("read", ("file_path", "large"), ("limit", 3)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_EndlessLine_IsCut()
    {
        await ShellAsync("(head -c 30000000 /dev/zero | tr '\\000' 'ä'; echo; echo next) >/work/minified");

        var text = await CallAsync("read", ("file_path", "minified"), ("limit", 2));

        Assert.Contains("[line cut at 2000 characters]\n     2\tnext\n(", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 2000, 2200);
    }

    [Fact]
    public async Task Read_Empty_IsSaid()
    {
        await ShellAsync(": >/work/empty");

        Assert.Equal("(the file 'empty' is empty)", await CallAsync("read", ("file_path", "empty")));
    }

    [Fact]
    public async Task Read_Binary_IsRefusedWithItsSize()
    {
        await Sandbox.Files.WriteAllBytesAsync("/work/binary", new byte[] { 1, 2, 0, 3 }, TestTimeout.Token);

        Assert.Contains("binary file of 4 bytes", await CallAsync("read", ("file_path", "binary")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_InvalidUtf8AndCrLf_IsShownWithANote()
    {
        await Sandbox.Files.WriteAllBytesAsync("/work/latin", new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', 0xE4, (byte)'\r', (byte)'\n' }, TestTimeout.Token);

        var text = await CallAsync("read", ("file_path", "latin"));

        Assert.StartsWith("     1\ta\uFFFD\n(end of file, 1 line; lines end with CRLF)\n", text, StringComparison.Ordinal);
        Assert.Contains("not UTF-8", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_Missing_NamesSimilarFiles()
    {
        await ShellAsync("mkdir -p /work/src && touch /work/src/App.py /work/src/other.txt");

        Assert.Equal("Error: 'src/app.py' does not exist (the working directory is '/work'). Similar: 'src/App.py'.", await CallAsync("read", ("file_path", "src/app.py")));
        Assert.StartsWith("Error: '/work/no/app.py' does not exist: its directory", await CallAsync("read", ("file_path", "/work/no/app.py")), StringComparison.Ordinal);
        Assert.Contains("does not exist", await CallAsync("read", ("file_path", "src/App.py/below")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_WhatIsNoFile_IsSaidAndDoesNotHang()
    {
        await ShellAsync("mkdir /work/dir && touch /work/dir/inside && mkfifo /work/pipe && ln -s gone /work/link && ln -s /dev/zero /work/zeros");

        Assert.Contains("is a directory; it holds inside", await CallAsync("read", ("file_path", "dir")), StringComparison.Ordinal);
        Assert.Contains("not a regular file", await CallAsync("read", ("file_path", "pipe")), StringComparison.Ordinal);
        Assert.Contains("not a regular file", await CallAsync("read", ("file_path", "zeros")), StringComparison.Ordinal);
        Assert.Contains("symbolic link to 'gone'", await CallAsync("read", ("file_path", "link")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("'single' \"double\" `back`")]
    [InlineData("$(touch /tmp/x)")]
    [InlineData("new\nline")]
    [InlineData("-n")]
    [InlineData("--help")]
    [InlineData("*")]
    [InlineData("~")]
    [InlineData("ünïcödé 🙂")]
    public async Task Read_HostileName_IsAName(string name)
    {
        await Sandbox.Files.WriteAllTextAsync($"/work/{name}", "text", TestTimeout.Token);

        Assert.Equal("     1\ttext\n(end of file, 1 line)", await CallAsync("read", ("file_path", name)));
        Assert.False(await Sandbox.Files.ExistsAsync("/tmp/x", TestTimeout.Token));
    }

    [Fact]
    public async Task Read_HomeAndProcess_CanBeRead()
    {
        await ShellAsync("echo x >~/.note");

        Assert.StartsWith("     1\tx\n", await CallAsync("read", ("file_path", "~/.note")), StringComparison.Ordinal);
        Assert.StartsWith("     1\tName:", await CallAsync("read", ("file_path", "/proc/self/status"), ("limit", 1)), StringComparison.Ordinal);
    }
}
