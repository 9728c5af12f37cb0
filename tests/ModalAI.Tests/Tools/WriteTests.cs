using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class WriteTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Write_NewFile_MakesItsDirectories()
    {
        var text = await CallAsync("write", ("file_path", "a/b c/file.txt"), ("content", "one\ntwo"));

        Assert.Equal("created 'a/b c/file.txt' (2 lines, 7 bytes)", text);
        Assert.Equal("one\ntwo", await ShellAsync("cat '/work/a/b c/file.txt'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\u0001\r\n\uFEFF🙂 $(touch /tmp/x) `id` %s \\n")]
    public async Task Write_Content_ArrivesAsItIs(string content)
    {
        await CallAsync("write", ("file_path", "/work/file"), ("content", content));

        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(content), await Sandbox.Files.ReadAllBytesAsync("/work/file", cancellationToken: TestTimeout.Token));
        Assert.False(await Sandbox.Files.ExistsAsync("/tmp/x", TestTimeout.Token));
    }

    [Fact]
    public async Task Write_ExistingFile_KeepsModeLinksAndInode()
    {
        await ShellAsync("echo old >/work/real; chmod 751 /work/real; ln /work/real /work/hard; ln -s real /work/soft");

        var text = await CallAsync("write", ("file_path", "soft"), ("content", "new\n"));

        Assert.Equal("replaced 'soft' (1 line, 4 bytes)", text);
        Assert.Equal("new\n751 real\n", await ShellAsync("cat /work/hard; echo $(stat -c %a /work/real) $(readlink /work/soft)"));
    }

    [Fact]
    public async Task Write_LargeFile_ArrivesWhole()
    {
        var content = string.Concat(Enumerable.Range(0, 400_000).Select(number => $"{number}\n"));

        var text = await CallAsync("write", ("file_path", "/work/large"), ("content", content));

        Assert.Equal($"created '/work/large' (400000 lines, {content.Length} bytes)", text);
        Assert.Equal(content, await Sandbox.Files.ReadAllTextAsync("/work/large", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Write_LeavesNothingElseBehind()
    {
        var before = await ShellAsync("ls -A /tmp /work");

        await CallAsync("write", ("file_path", "/work/file"), ("content", "text"));
        await ShellAsync("rm /work/file");

        Assert.Equal(before, await ShellAsync("ls -A /tmp /work"));
    }

    [Fact]
    public async Task Write_WhatIsNoFile_IsRefused()
    {
        await ShellAsync("mkdir /work/dir && mkfifo /work/pipe && touch /work/file");

        Assert.Contains("is a directory", await CallAsync("write", ("file_path", "dir"), ("content", "x")), StringComparison.Ordinal);
        Assert.Contains("names a directory", await CallAsync("write", ("file_path", "dir/"), ("content", "x")), StringComparison.Ordinal);
        Assert.Contains("not a regular file", await CallAsync("write", ("file_path", "pipe"), ("content", "x")), StringComparison.Ordinal);
        Assert.Contains("not a regular file", await CallAsync("write", ("file_path", "/dev/null"), ("content", "x")), StringComparison.Ordinal);
        Assert.StartsWith("Error: write failed at 'file/below': mkdir", await CallAsync("write", ("file_path", "file/below"), ("content", "x")), StringComparison.Ordinal);
        Assert.StartsWith("Error: The sandbox's user has no permission for '/proc/version'.", await CallAsync("write", ("file_path", "/proc/version"), ("content", "x")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-rf")]
    [InlineData("new\nline")]
    [InlineData("$(touch /tmp/x)")]
    [InlineData("a'b\"c")]
    public async Task Write_HostileName_IsAName(string name)
    {
        Assert.StartsWith("created ", await CallAsync("write", ("file_path", name), ("content", "text")), StringComparison.Ordinal);

        Assert.Equal("text", await Sandbox.Files.ReadAllTextAsync($"/work/{name}", cancellationToken: TestTimeout.Token));
        Assert.False(await Sandbox.Files.ExistsAsync("/tmp/x", TestTimeout.Token));
    }
}
