using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class EditTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Edit_UniqueText_IsReplacedAndShown()
    {
        await ShellAsync("seq 1 9 >/work/file; chmod 640 /work/file");

        var text = await CallAsync("edit", ("file_path", "file"), ("old_string", "5\n6"), ("new_string", "five"));

        Assert.Equal("edited 'file': 1 replacement in line 5. It now reads:\n     3\t3\n     4\t4\n     5\tfive\n     6\t7\n     7\t8", text);
        Assert.Equal("1 2 3 4 five 7 8 9 640\n", await ShellAsync("echo $(cat /work/file; stat -c %a /work/file)"));
    }

    [Fact]
    public async Task Edit_BytesThatAreNotUtf8_SurviveAsTheyAre()
    {
        byte[] content = [0xEF, 0xBB, 0xBF, 0xFF, (byte)'\r', (byte)'\n', .. "old"u8, 0x80, 0, (byte)'x'];
        await Sandbox.Files.WriteAllBytesAsync("/work/file", content, TestTimeout.Token);

        await CallAsync("edit", ("file_path", "file"), ("old_string", "old"), ("new_string", "new"));

        byte[] expected = [0xEF, 0xBB, 0xBF, 0xFF, (byte)'\r', (byte)'\n', .. "new"u8, 0x80, 0, (byte)'x'];
        Assert.Equal(expected, await Sandbox.Files.ReadAllBytesAsync("/work/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Edit_FileThatChangesMeanwhile_IsLeftAlone()
    {
        await ShellAsync("echo old >/work/file; mkdir /work/bin");

        // The sandbox's own dd, which sends the content, is the moment between the read and the write.
        await ShellAsync("printf '#!/bin/sh\\n/usr/bin/dd \"$@\"\\necho other >/work/file\\n' >/usr/local/bin/dd; chmod +x /usr/local/bin/dd");
        var text = await CallAsync("edit", ("file_path", "file"), ("old_string", "old"), ("new_string", "new"));

        Assert.Contains("changed by something else", text, StringComparison.Ordinal);
        Assert.Equal("other\n", await ShellAsync("cat /work/file"));
    }

    [Fact]
    public async Task Edit_TextThatIsNotThere_ShowsWhatIsLikeIt()
    {
        await ShellAsync("printf 'def first():\\n    return compute(1)\\n' >/work/app.py");

        var text = await CallAsync("edit", ("file_path", "app.py"), ("old_string", "return  compute(2)"), ("new_string", "x"));

        Assert.Contains("line 2 «    return compute(1)»", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_WhatCannotBeEdited_IsSaid()
    {
        await ShellAsync("mkdir /work/dir; mkfifo /work/pipe; : >/work/empty; head -c 6000000 /dev/zero >/work/large");

        Assert.Contains("does not exist", await EditAsync("missing"), StringComparison.Ordinal);
        Assert.Contains("is a directory", await EditAsync("dir"), StringComparison.Ordinal);
        Assert.Contains("not a regular file", await EditAsync("pipe"), StringComparison.Ordinal);
        Assert.Contains("it is empty", await EditAsync("empty"), StringComparison.Ordinal);
        Assert.Contains("6000000 bytes", await EditAsync("large"), StringComparison.Ordinal);
        Assert.Contains("are the same", await CallAsync("edit", ("file_path", "x"), ("old_string", "a"), ("new_string", "a")), StringComparison.Ordinal);
        Assert.Contains("old_string is empty", await CallAsync("edit", ("file_path", "x"), ("old_string", ""), ("new_string", "a")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_LargeFile_ComesBackWhole()
    {
        var content = string.Concat(Enumerable.Range(0, 500_000).Select(number => $"{number}\n"));
        await Sandbox.Files.WriteAllTextAsync("/work/large", content, TestTimeout.Token);

        await CallAsync("edit", ("file_path", "large"), ("old_string", "\n499999\n"), ("new_string", "\nlast\n"));

        Assert.Equal(
            content.Replace("\n499999\n", "\nlast\n", StringComparison.Ordinal),
            Encoding.UTF8.GetString(await Sandbox.Files.ReadAllBytesAsync("/work/large", cancellationToken: TestTimeout.Token)));
    }

    private Task<string> EditAsync(string path) => CallAsync("edit", ("file_path", path), ("old_string", "old"), ("new_string", "new"));
}
