using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;
using ModalAI.Tools.Patches;

namespace ModalAI.Tests.Tools;

public abstract partial class FileEngineTests
{
    [SkippableFact]
    public async Task Patch_FilesOfAllKinds_ChangesThemTogether()
    {
        await ShellAsync("mkdir src; printf 'def a():\\n    return 1\\n\\ndef b():\\n    return 1\\n' >src/a.py; echo bye >old.txt; printf '#!/bin/sh\\necho 1\\n' >run; chmod 750 run; echo x >same");

        var reply = await SucceedAsync<ToolReply>(files => PatchAsync(
            files,
            """
            *** Begin Patch
            *** Update File: src/a.py
            @@ def b():
            -    return 1
            +    return 2
            *** Add File: new/dir/file.txt
            +one
            +
            +two
            *** Delete File: old.txt
            *** Update File: run
            *** Move to: bin/run.sh
            @@
             #!/bin/sh
            -echo 1
            +echo 2
            *** End Patch
            """));

        Assert.Equal("Success. Updated the following files:\nA new/dir/file.txt\nA bin/run.sh\nM src/a.py\nD old.txt\nD run", reply.Text);
        Assert.Equal("def a():\n    return 1\n\ndef b():\n    return 2\n", await ShellAsync("cat src/a.py"));
        Assert.Equal("one\n\ntwo\n", await ShellAsync("cat new/dir/file.txt"));
        Assert.Equal("#!/bin/sh\necho 2\n750\n", await ShellAsync("cat bin/run.sh; stat -c %a bin/run.sh"));
        Assert.Equal("bin\nnew\nsame\nsrc\n", await ShellAsync("ls"));
    }

    [SkippableTheory]
    [InlineData("-1\n+one")]
    [InlineData("")]
    public async Task Patch_MoveOntoALinkToWhatDoesNotExist_WritesThroughTheLink(string change)
    {
        await ShellAsync("printf '1\\n2\\n' >a; chmod 710 a; mkdir dir; ln -s dir/real link");

        await SucceedAsync<ToolReply>(files => PatchAsync(
            files, $"*** Begin Patch\n*** Update File: a\n*** Move to: link\n{(change.Length == 0 ? "" : change + "\n")}*** End Patch"));

        Assert.Equal($"{(change.Length == 0 ? "1" : "one")}\n2\n710\ndir/real\ndir\nlink\n", await ShellAsync("cat link; stat -c %a dir/real; readlink link; ls"));
    }

    [SkippableTheory]
    [InlineData(200_000, "it names 200000 files; at most 100 are taken, and fewer where their names are long")]
    [InlineData(3, "it has 200000 steps; at most 100 are taken")]
    public async Task Patch_TooManySteps_IsRefusedAtOnce(int names, string expected)
    {
        await ShellAsync(":");
        var patch = $"*** Begin Patch\n{string.Concat(Enumerable.Range(0, 200_000).Select(number => $"*** Delete File: {number % names}\n"))}*** End Patch";

        var reply = await Task.Run(() => PatchAsync(Files, patch)).WaitAsync(TestTimeout.Duration);

        Assert.Equal($"Error: apply_patch changed nothing: {expected}. Send it in parts.", reply.Text);
    }

    [SkippableFact]
    public async Task Patch_OneFileThatDoesNotFit_ChangesNone()
    {
        await ShellAsync("echo one >a; echo two >b; mkdir dir");

        var text = await FailAsync(ToolFailure.NoMatch, files => PatchAsync(
            files, "*** Begin Patch\n*** Update File: a\n-one\n+1\n*** Update File: b\n@@\n-twoo\n+2\n*** Add File: c\n+x\n*** End Patch"));
        var missing = await FailAsync(ToolFailure.NotFound, files => PatchAsync(
            files, "*** Begin Patch\n*** Delete File: a\n*** Update File: bb\n-two\n+2\n*** End Patch"));

        Assert.Contains("changed nothing: in 'b' the lines of the change from the patch's line 6 on are not in it. Closest: line 1 «two»", text, StringComparison.Ordinal);
        Assert.Contains("'bb' does not exist", missing, StringComparison.Ordinal);
        Assert.Equal("one\ntwo\na\nb\ndir\n", await ShellAsync("cat a b; ls -A"));
    }

    [SkippableFact]
    public async Task Patch_ThatFailsWhileItIsWritten_IsUndone()
    {
        await ShellAsync("echo one >a; echo two >b; echo three >gone; chmod 640 a gone; echo file >blocker; ls -i a gone >inodes");

        var text = await FailAsync(ToolFailure.Failed, files => PatchAsync(
            files,
            "*** Begin Patch\n*** Update File: a\n-one\n+1\n*** Delete File: gone\n*** Add File: made/new/file\n+x\n*** Add File: blocker/below\n+x\n*** Update File: b\n-two\n+2\n*** End Patch"));

        Assert.Contains("failed at 'blocker/below': ", text, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", text, StringComparison.Ordinal);
        Assert.Equal("one\ntwo\nthree\n640 640\n", await ShellAsync("cat a b gone; echo $(stat -c %a a gone)"));
        Assert.Equal("a\nb\nblocker\ngone\ninodes\n", await ShellAsync("ls -A; ls -i a gone | cmp - inodes"));
    }

    [SkippableFact]
    public async Task Patch_ThatFailsAfterItMadeFilesInNewDirectories_LeavesNone()
    {
        await ShellAsync("echo file >blocker");

        var text = await FailAsync(ToolFailure.Failed, files => PatchAsync(
            files,
            "*** Begin Patch\n*** Add File: new/a\n+x\n*** Add File: new/b\n+x\n*** Add File: new/deep/c\n+x\n*** Add File: blocker/below\n+x\n*** End Patch"));

        Assert.Contains("Nothing was changed.", text, StringComparison.Ordinal);
        Assert.Equal("blocker\n", await ShellAsync("ls -A"));
    }

    [SkippableFact]
    public async Task Patch_ThatFillsTheDisk_IsUndoneThoughOtherFilesGotShorter()
    {
        await MountSmallAsync("small");
        await ShellAsync("cd small; seq 1 4000 >large; seq 1 4000 >moving; ln moving twin; seq 1 100 >little; md5sum * >/work/before; ls -i >/work/inodes");
        var more = string.Concat(Enumerable.Repeat("+0123456789\n", 2000));

        var text = await FailAsync(ToolFailure.Failed, files => PatchAsync(
            files,
            $"*** Begin Patch\n*** Update File: small/large\n@@\n-1\n{Lines('-', 2, 3999)} 4000\n*** Update File: small/moving\n*** Move to: small/moved\n"
            + $"@@\n-1\n{Lines('-', 2, 3999)} 4000\n*** Add File: small/new\n{more}*** Update File: small/little\n@@\n-1\n{more}{more}{more}*** End Patch"));

        Assert.Contains("No space left on device. Nothing was changed.", text, StringComparison.Ordinal);
        Assert.Equal(
            "large\nlittle\nmoving\ntwin\n", await ShellAsync("cd small; md5sum * | cmp - /work/before; ls -i | cmp - /work/inodes; ls -A"));

        static string Lines(char mark, int first, int last) =>
            string.Concat(Enumerable.Range(first, last - first + 1).Select(number => FormattableString.Invariant($"{mark}{number}\n")));
    }

    [SkippableFact]
    public async Task Patch_TwoNamesOfOneFile_AreRefused()
    {
        await ShellAsync("printf '1\\n2\\n' >a; ln a twin");

        var text = await FailAsync(ToolFailure.InvalidArgument, files => PatchAsync(
            files, "*** Begin Patch\n*** Update File: a\n-1\n+one\n*** Update File: twin\n-2\n+two\n*** End Patch"));
        await SucceedAsync<ToolReply>(files => PatchAsync(files, "*** Begin Patch\n*** Update File: a\n-1\n+one\n*** Delete File: twin\n*** End Patch"));

        Assert.Contains("'a' and 'twin' are the same file. Name it one way only.", text, StringComparison.Ordinal);
        Assert.Equal("one\n2\na\n", await ShellAsync("cat a; ls"));
    }

    [SkippableFact]
    public async Task Patch_MovedFile_StaysTheSameFile()
    {
        await ShellAsync("printf '1\\n2\\n' >a; chmod 710 a; ln a twin; ln -s a link; printf '3\\n' >b; ls -i a >inode");

        await SucceedAsync<ToolReply>(files => PatchAsync(
            files,
            "*** Begin Patch\n*** Update File: a\n*** Move to: new/a\n-1\n+one\n*** Update File: b\n*** Move to: new/b\n*** Update File: new/b\n*** Move to: c\n*** End Patch"));

        Assert.Equal("one\n2\n3\n710\nc\ninode\nlink\nnew\ntwin\na\n", await ShellAsync("cat twin c; stat -c %a new/a; ls; cd new; ls; ls -i a | cmp - ../inode"));
    }

    [SkippableFact]
    public async Task Patch_MovedLink_BecomesAFileAndLeavesWhatItLedTo()
    {
        await ShellAsync("printf '1\\n2\\n' >a; chmod 710 a; ln -s a link");

        await SucceedAsync<ToolReply>(files => PatchAsync(files, "*** Begin Patch\n*** Update File: link\n*** Move to: new\n-1\n+one\n*** End Patch"));

        Assert.Equal("1\n2\none\n2\n710\na\nnew\n", await ShellAsync("cat a new; stat -c %a new; ls"));
    }

    [SkippableFact]
    public async Task Patch_StepsOnTheSameFile_BuildOnEachOther()
    {
        await ShellAsync("printf '1\\n2\\n' >a; echo old >b");

        await SucceedAsync<ToolReply>(files => PatchAsync(
            files,
            "*** Begin Patch\n*** Update File: a\n-1\n+one\n*** Update File: a\n@@\n one\n-2\n+two\n*** Delete File: b\n*** Add File: b\n+new\n*** Add File: c\n+x\n*** Update File: c\n*** Move to: d\n-x\n+y\n*** End Patch"));

        Assert.Equal("one\ntwo\nnew\ny\n", await ShellAsync("cat a b d"));
        Assert.Equal("a\nb\nd\n", await ShellAsync("ls"));
    }

    [SkippableFact]
    public async Task Patch_FileNamedInTwoWays_IsRefused()
    {
        await ShellAsync("echo 1 >a; ln -s a link");

        var text = await FailAsync(ToolFailure.InvalidArgument, files => PatchAsync(
            files, "*** Begin Patch\n*** Update File: a\n-1\n+2\n*** Update File: link\n-1\n+3\n*** End Patch"));

        Assert.Contains("'a' and 'link' are the same file", text, StringComparison.Ordinal);
        Assert.Equal("1\n", await ShellAsync("cat a"));
    }

    [SkippableFact]
    public async Task Patch_CrLfMarkAndLatin1_AreKept()
    {
        await PutAsync("/work/file", [0xEF, 0xBB, 0xBF, .. "a\r\n"u8, 0xE4, .. "\r\nc  \r\nd"u8]);

        await SucceedAsync<ToolReply>(files => PatchAsync(files, "*** Begin Patch\n*** Update File: file\n-a\n+A\n@@\n c\n-d\n+D\n+E\n*** End of File\n*** End Patch"));

        Assert.Equal([0xEF, 0xBB, 0xBF, .. "A\r\n"u8, 0xE4, .. "\r\nc  \r\nD\r\nE"u8], await GetAsync("/work/file"));
    }

    [SkippableFact]
    public async Task Patch_FileThatChangedSinceItWasRead_IsRefused()
    {
        await ShellAsync("echo 1 >a");
        await SucceedAsync<ReadReply>(files => ReadAsync(files, "a"));
        await ShellAsync("echo 2 >>a");

        await FailAsync(ToolFailure.Changed, files => PatchAsync(files, "*** Begin Patch\n*** Update File: a\n-1\n+2\n*** End Patch"));

        Assert.Equal("1\n2\n", Encoding.UTF8.GetString(await GetAsync("/work/a")));
    }

    [SkippableFact]
    public async Task Patch_MoreThanIsTaken_IsRefusedBeforeItIsSent()
    {
        await ShellAsync("for i in 1 2 3; do seq 1 1000 >$i; done");
        var patch = "*** Begin Patch\n*** Update File: 1\n-1\n+x\n*** Update File: 2\n-1\n+x\n*** Update File: 3\n-1\n+x\n*** End Patch";

        var text = await FailAsync(ToolFailure.TooLarge, files => PatchAsync(files with { Limits = new() { EditedBytes = 8000 } }, patch));
        var many = await PatchAsync(Files with { Limits = new() { PatchFiles = 2 } }, patch);
        var large = await PatchAsync(Files with { Limits = new() { PatchBytes = 20 } }, patch);

        Assert.Contains("'3' and the files before it have more than 8000 bytes in all", text, StringComparison.Ordinal);
        Assert.Contains("it names 3 files; at most 2 are taken", many.Text, StringComparison.Ordinal);
        Assert.Contains("at most 20 are taken. Send it in parts.", large.Text, StringComparison.Ordinal);
        Assert.Equal("1 1 1\n", await ShellAsync("echo $(head -n 1 1) $(head -n 1 2) $(head -n 1 3)"));
    }

    private static Task<ToolReply> PatchAsync(FileToolContext files, string patch) => ApplyPatchTool.RunAsync(files, patch, "apply_patch", TestTimeout.Token);
}
