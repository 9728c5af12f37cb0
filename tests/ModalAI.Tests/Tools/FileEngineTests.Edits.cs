using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public abstract partial class FileEngineTests
{
    [SkippableFact]
    public async Task Edit_ThroughASymbolicLink_KeepsModeOwnerLinksMarkAndLineEnds()
    {
        await PutAsync("/work/real", [0xEF, 0xBB, 0xBF, .. "one\r\ntwo \xFF"u8, 0xFE, .. "\r\nthree"u8]);
        await ShellAsync("chmod 751 real; chown 12:34 real 2>/dev/null; ln real hard; ln -s real soft");
        var before = await ShellAsync("stat -c '%i %a %u %g %h' real");

        var reply = await SucceedAsync<ToolReply>(files => EditAsync(files, "soft", ("one\ntwo", "1\n2"), ("three", "3")));

        Assert.StartsWith("edited 'soft': edit 1 of 2: 1 replacement in line 1.", reply.Text, StringComparison.Ordinal);
        Assert.Equal([0xEF, 0xBB, 0xBF, .. "1\r\n2 \xFF"u8, 0xFE, .. "\r\n3"u8], await GetAsync("/work/hard"));
        Assert.Equal($"{before}real\n", await ShellAsync("stat -c '%i %a %u %g %h' real; readlink soft"));
    }

    [SkippableFact]
    public async Task Edit_OneOfSeveralCanNotBeMade_MakesNone()
    {
        await ShellAsync("printf 'a\\nb\\nb\\n' >file");

        var missing = await FailAsync(ToolFailure.NoMatch, files => EditAsync(files, "file", ("a", "x"), ("c", "y")));
        var ambiguous = await FailAsync(ToolFailure.Ambiguous, files => EditAsync(files, "file", ("a", "x"), ("b", "y")));

        Assert.Contains("none of its 2 edits was made, for at edit 2 of 2 old_string does not occur", missing, StringComparison.Ordinal);
        Assert.Contains("old_string occurs 2 times, in lines 2, 3.", ambiguous, StringComparison.Ordinal);
        Assert.Equal("a\nb\nb\n", await ShellAsync("cat file"));
    }

    [SkippableFact]
    public async Task Edit_FileThatChangedSinceItWasRead_IsRefusedUntilItIsReadAgain()
    {
        await ShellAsync("echo old >file; ln -s file link");
        await SucceedAsync<ReadReply>(files => ReadAsync(files, "link"));
        await ShellAsync("echo 'old too' >file");

        var edit = await FailAsync(ToolFailure.Changed, files => EditAsync(files, "/work/file", ("old", "new")));
        var write = await FailAsync(ToolFailure.Changed, files => WriteAsync(files, "file", "new"));
        await SucceedAsync<ReadReply>(files => ReadAsync(files, "file"));
        await SucceedAsync<ToolReply>(files => EditAsync(files, "file", ("old", "new")));
        await SucceedAsync<ToolReply>(files => EditAsync(files, "file", ("too", "as well")));

        Assert.Contains("was changed by something else since it was last read, so it was left alone. Use read on it again, then edit.", edit, StringComparison.Ordinal);
        Assert.Contains("was changed by something else", write, StringComparison.Ordinal);
        Assert.Equal("new as well\n", await ShellAsync("cat file"));
    }

    [SkippableFact]
    public async Task Edit_FileThatWasTouchedWithoutChange_IsMade()
    {
        await ShellAsync("echo old >file");
        await SucceedAsync<ReadReply>(files => ReadAsync(files, "file"));
        await ShellAsync("rm file; echo old >file; touch -t 203001010000 file");

        await SucceedAsync<ToolReply>(files => EditAsync(files, "file", ("old", "new")));
    }

    [SkippableFact]
    public async Task Write_UnreadFileWhereReadingIsRequired_IsRefused()
    {
        await ShellAsync("echo old >file");
        var strict = new SeenFiles { RequiresRead = true };

        var reply = await OnceAsync(files => WriteAsync(files with { Seen = strict }, "file", "new"));
        var created = await OnceAsync(files => WriteAsync(files with { Seen = strict }, "other", "new"));
        var again = await OnceAsync(files => WriteAsync(files with { Seen = strict }, "other", "newer"));

        Assert.Equal(ToolFailure.Changed, reply.Failure);
        Assert.Contains("has not been read yet. Use read on it first, then write.", reply.Text, StringComparison.Ordinal);
        Assert.Equal("created 'other' (1 line, 3 bytes)", created.Text);
        Assert.Equal("replaced 'other' (1 line, 5 bytes)", again.Text);
    }

    [SkippableFact]
    public async Task Write_FileOfCrLfWithMark_KeepsThem()
    {
        await PutAsync("/work/file", [0xEF, 0xBB, 0xBF, .. "one\r\ntwo\r\n"u8]);
        await ShellAsync("chmod 600 file; ln -s file link");

        var reply = await SucceedAsync<ToolReply>(files => WriteAsync(files, "link", "1\n2\n3"));

        Assert.Equal("replaced 'link' (3 lines, 10 bytes); kept its CRLF line ends and byte order mark", reply.Text);
        Assert.Equal([0xEF, 0xBB, 0xBF, .. "1\r\n2\r\n3"u8], await GetAsync("/work/file"));
        Assert.Equal("600 file\n", await ShellAsync("echo $(stat -c %a file) $(readlink link)"));
    }

    [SkippableFact]
    public async Task Write_ThatFailsHalfWay_LeavesWhatWasThere()
    {
        await MountSmallAsync("small");
        await ShellAsync("seq 1 1000 >small/file");

        var text = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "small/file", new string('x', 200_000)));
        var made = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "small/new/file", new string('x', 200_000)));

        Assert.Contains("No space left on device. Nothing was changed.", text, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", made, StringComparison.Ordinal);
        Assert.Equal("1000 file\n", await ShellAsync("echo $(tail -n 1 small/file) $(ls -A small)"));
    }

    [SkippableFact]
    public async Task Write_CrLfFileWithZerosAndLoneReturns_KeepsItsLineEnds()
    {
        await PutAsync("/work/file", "a\r\0b\r\n\0\r\0\r\n"u8.ToArray());

        await SucceedAsync<ToolReply>(files => WriteAsync(files, "file", "a\rb\nc\n"));

        Assert.Equal("a\rb\r\nc\r\n"u8.ToArray(), await GetAsync("/work/file"));
    }

    [SkippableFact]
    public async Task Write_ThatFailsBehindADanglingLink_LeavesTheLinkAndMakesNothing()
    {
        await ShellAsync("ln -s nowhere/file link");

        var text = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "link", "x"));

        Assert.Contains("Nothing was changed.", text, StringComparison.Ordinal);
        Assert.Equal("nowhere/file\nlink\n", await ShellAsync("readlink link; ls -A"));
    }

    [SkippableFact]
    public async Task Write_ThatFillsTheDiskBehindADanglingLink_LeavesTheLinkAndMakesNothing()
    {
        await MountSmallAsync("small");
        await ShellAsync("ln -s 'small/a\nb' link");

        var text = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "link", new string('x', 200_000)));

        Assert.Contains("No space left on device. Nothing was changed.", text, StringComparison.Ordinal);
        Assert.Equal("link\nsmall\n", await ShellAsync("readlink link >/dev/null; ls -A; ls -A small"));
    }

    [SkippableTheory]
    [InlineData("new/deep/../other")]
    [InlineData("new//deep/")]
    public async Task Write_WhoseDirectoriesCanNotAllBeMade_LeavesNone(string directory)
    {
        var path = $"{directory}/{new string('x', 300)}/file";

        var text = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, path, "x"));

        Assert.Contains("Nothing was changed.", text, StringComparison.Ordinal);
        Assert.Equal("", await ShellAsync("ls -A"));
    }

    [SkippableFact]
    public async Task Edit_WithoutRoomForACopy_LeavesTheFile()
    {
        await MountSmallAsync("/tmp");
        await ShellAsync("seq 1 50000 >file; md5sum <file >/work/before");

        var edit = await FailAsync(ToolFailure.Failed, files => EditTool.RunAsync(
            files, "file", (IReadOnlyList<LineEdit>)[new(2, 5000, [])], TestTimeout.Token));
        var write = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "file", ""));

        Assert.Contains("failed at 'file': no copy could be made of it: ", edit, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", write, StringComparison.Ordinal);
        Assert.Equal("before\nfile\n", await ShellAsync("md5sum <file | cmp - before; ls -A . /tmp | grep -v -e : -e '^$'"));
    }

    /// <summary>Cancels when a slow dd has begun with the first of two files.</summary>
    protected async Task EditCancelledWhileItIsWrittenAsync()
    {
        await ShellAsync("echo old >one; echo old >two");
        await ShellAsync(
            """
            cat >/usr/local/bin/dd <<'END'
            #!/bin/sh
            [ ! -e /work/slow ] || { touch /work/begun; sleep 0.3; }
            exec /bin/dd "$@"
            END
            chmod 755 /usr/local/bin/dd
            """);
        using var cancellation = new CancellationTokenSource();
        var transaction = await FileTransaction.OpenAsync(
            Files, [new FileRequest("one", FileNeed.Content), new FileRequest("two", FileNeed.Content)], cancellation.Token);
        await ShellAsync("touch slow");

        var commit = transaction.CommitAsync("edit", [new FileChange(0, "new\n"u8.ToArray()), new FileChange(1, "new\n"u8.ToArray())]);
        await ShellAsync("until [ -e begun ]; do sleep 0.01; done");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => commit);
        await transaction.DisposeAsync();

        Assert.Equal("new\nnew\nbegun\none\nslow\ntwo\n", await ShellAsync("cat one two; ls -A"));
        await WhenNoCommandRunsAsync();
    }

    [SkippableFact]
    public async Task AllChanges_InAReadOnlyPlace_AreRefused()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Mounting takes root.");
        await ShellAsync("mkdir fixed; echo text >fixed/file; mount --bind fixed fixed && mount -o remount,bind,ro fixed || true");
        Skip.If(await ShellAsync("echo x 2>/dev/null >fixed/probe && echo may || true") is "may\n", "This sandbox may not mount.");

        var edit = await OnceAsync(files => EditAsync(files, "fixed/file", ("text", "new")));
        var write = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "fixed/new", "x"));
        var delete = await FailAsync(ToolFailure.Failed, files => DeleteAsync(files, "fixed/file"));
        var patch = await FailAsync(ToolFailure.Failed, files => PatchAsync(files, "*** Begin Patch\n*** Add File: a\n+x\n*** Delete File: fixed/file\n*** End Patch"));

        // BusyBox takes the word of root for it that it may write, and finds out when it does.
        Assert.True(edit.Failure is ToolFailure.Denied or ToolFailure.Failed, edit.Text);
        Assert.Contains("Read-only file system. Nothing was changed.", write, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", delete, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", patch, StringComparison.Ordinal);
        Assert.Equal("fixed\nfile\n", await ShellAsync("ls -A; ls -A fixed"));
    }

    [SkippableFact]
    public async Task Write_WithoutADirectoryForTemporaryFiles_LeavesNothingElse()
    {
        await ShellAsync("echo old >file");
        await ShellAsync("rm -rf /tmp 2>/dev/null || true");

        await SucceedAsync<ToolReply>(files => WriteAsync(files, "new/dir/file", "x"));
        await SucceedAsync<ToolReply>(files => EditAsync(files, "file", ("old", "new")));

        Assert.Equal("file\nnew\nfile\n", await ShellAsync("ls -A; ls -A new/dir"));
    }

    [SkippableFact]
    public async Task Edit_CancelledInTheMiddle_LeavesTheFileAndNothingRunning()
    {
        await ShellAsync("echo old >file");
        using var cancellation = new CancellationTokenSource();
        var transaction = await FileTransaction.OpenAsync(Files, [new FileRequest("file", FileNeed.Content)], cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transaction.CommitAsync("edit", [new FileChange(0, "new"u8.ToArray())]));
        await transaction.DisposeAsync();

        Assert.Equal("old\n", await ShellAsync("cat file; ls -A /work | grep -v '^file$' || true"));
        await WhenNoCommandRunsAsync();
    }

    [SkippableFact]
    public async Task Edit_FileThatChangesBeforeItIsWritten_IsLeftAlone()
    {
        await ShellAsync("echo old >file; echo other >second");
        await using var transaction = await FileTransaction.OpenAsync(
            Files, [new FileRequest("file", FileNeed.Content), new FileRequest("second", FileNeed.Content)], TestTimeout.Token);
        await ShellAsync("echo changed >second");

        var reply = await transaction.CommitAsync("edit", [new FileChange(0, "new"u8.ToArray()), new FileChange(1, "new"u8.ToArray())]);

        Assert.Equal(ToolFailure.Changed, reply?.Failure);
        Assert.Equal("old\nchanged\n", await ShellAsync("cat file second"));
    }

    [SkippableFact]
    public async Task Write_WhereNothingCanBeWritten_IsSaidAndLeavesNothing()
    {
        await ShellAsync("echo text >file");

        var below = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "file/below", "x"));
        var kernel = await FailAsync(ToolFailure.Failed, files => WriteAsync(files, "/proc/self/new/file", "x"));

        Assert.Contains(" failed at 'file/below': ", below, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", kernel, StringComparison.Ordinal);
        Assert.Equal("file\n", await ShellAsync("ls -A"));
    }

    [SkippableFact]
    public async Task Write_ThatMayNotReplace_LeavesTheFile()
    {
        await ShellAsync("echo text >file");

        var text = await FailAsync(
            ToolFailure.InvalidArgument, files => WriteTool.RunAsync(files, "file", "new"u8.ToArray(), TestTimeout.Token, mayReplace: false));

        Assert.Contains("exists already and was left alone", text, StringComparison.Ordinal);
        Assert.Equal("text\n", await ShellAsync("cat file"));
    }

    [SkippableFact]
    public async Task EditLines_ByNumber_ReplacesInsertsAndRemoves()
    {
        await ShellAsync("printf 'one\\r\\ntwo\\r\\nthree\\r\\nfour' >file");

        var reply = await SucceedAsync<ToolReply>(files => EditTool.RunAsync(
            files,
            "file",
            (IReadOnlyList<LineEdit>)[new(4, 4, "4\n5"u8.ToArray()), new(1, 1, []), new(3, 2, "new"u8.ToArray())],
            TestTimeout.Token));
        var beyond = await FailAsync(
            ToolFailure.NoMatch, files => EditTool.RunAsync(files, "file", (IReadOnlyList<LineEdit>)[new(9, 9, [])], TestTimeout.Token));
        var overlapping = await FailAsync(
            ToolFailure.NoMatch, files => EditTool.RunAsync(files, "file", (IReadOnlyList<LineEdit>)[new(1, 2, []), new(2, 3, [])], TestTimeout.Token));

        Assert.Equal("two\r\nnew\r\nthree\r\n4\r\n5", Encoding.UTF8.GetString(await GetAsync("/work/file")));
        Assert.StartsWith("edited 'file': 3 places, from line 1 on.", reply.Text, StringComparison.Ordinal);
        Assert.Contains("it has 5 lines; lines 9 to 9 are not among them", beyond, StringComparison.Ordinal);
        Assert.Contains("lines 1 to 2 and lines 2 to 3 overlap", overlapping, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\uFEFFa\nb\n", 1, 1, "x", "\uFEFFx\nb\n")]
    [InlineData("a\nb", 3, 2, "c", "a\nb\nc")]
    [InlineData("a\nb", 1, 1, "x\ny", "x\ny\nb")]
    [InlineData("a\nb", 2, 2, "", "a\n")]
    [InlineData("", 1, 0, "a", "a\n")]
    [InlineData("a\r\nb\r\n", 2, 1, "x\ny\n", "a\r\nx\r\ny\r\nb\r\n")]
    public void LineEdit_OnAContent_KeepsMarkAndEnds(string content, int first, int last, string text, string expected)
    {
        var outcome = LineEdits.Apply(Encoding.UTF8.GetBytes(content), [new LineEdit(first, last, Encoding.UTF8.GetBytes(text))], 1000);

        Assert.Equal(expected, Encoding.UTF8.GetString(outcome.Content!));
    }

    [SkippableTheory]
    [InlineData("-rf")]
    [InlineData("new\nline")]
    [InlineData("ends with a line end\n")]
    [InlineData("$(touch x)`touch x`")]
    [InlineData("a'b\"c\\d")]
    [InlineData("content:x")]
    [InlineData("* ? [a]")]
    [InlineData(" ünïcödé\t🙂 ")]
    public async Task AllOperations_HostileName_TakeItAsAName(string name)
    {
        var path = $"dir{name}/{name}";

        await SucceedAsync<ToolReply>(files => WriteAsync(files, path, "old\n"));
        await SucceedAsync<ToolReply>(files => EditAsync(files, path, ("old", "new")));
        var read = await SucceedAsync<ReadReply>(files => ReadAsync(files, path));
        var listed = await SucceedAsync<ListReply>(files => ListTool.RunAsync(files, $"dir{name}", TestTimeout.Token));
        Assert.True(GlobPattern.TryParse("**", out var all, out _));
        var found = await SucceedAsync<GlobReply>(files => GlobTool.RunAsync(files, "**", $"dir{name}", all, TestTimeout.Token));
        var hits = await SucceedAsync<GrepReply>(files => GrepTool.RunAsync(
            files, new GrepQuery("new") { Path = $"dir{name}", Mode = GrepMode.Content }, all, TestTimeout.Token));
        var sink = new ListSink();
        await SucceedAsync<ToolReply>(files => PublishTool.RunAsync(files, sink, path, "publish", TestTimeout.Token));
        await SucceedAsync<ToolReply>(files => DeleteTool.RunAsync(files, path, recursive: false, TestTimeout.Token));

        Assert.Equal(["new"], read.Lines);
        Assert.Equal([name], listed.Entries.Select(static entry => entry.Name));
        Assert.Equal([path], found.Paths);
        Assert.Equal([new GrepHit(path, 1, "new")], hits.Hits);
        Assert.Equal("new\n"u8.ToArray(), Assert.Single(sink.Artifacts).Content);
        Assert.Empty((await SucceedAsync<ListReply>(files => ListTool.RunAsync(files, $"dir{name}", TestTimeout.Token))).Entries);
        Assert.False(await Sandbox.Files.ExistsAsync("/work/x", TestTimeout.Token));
    }

    [SkippableFact]
    public async Task Edit_CancelledWhileItsEndIsNotConfirmed_LetsOthersGoOn()
    {
        await ShellAsync("echo old >file");
        using var cancellation = new CancellationTokenSource();
        using (var silent = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("TaskExecStdinWrite") { Delay = TimeSpan.FromMinutes(10) }))
        {
            var edit = EditTool.RunAsync(Files, "file", (IReadOnlyList<FileEdit>)[Edit("gone", "new")], cancellation.Token);
            await silent.WhenHitAsync(1, TestTimeout.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => edit.WaitAsync(TestTimeout.Duration));
        }

        await SucceedAsync<ToolReply>(files => EditAsync(files, "file", ("old", "new")));
    }

    [SkippableFact]
    public async Task Operations_LeaveNoFileAndNoProcess()
    {
        await ShellAsync("echo old >file; seq 1 9 >other");
        var before = await ShellAsync("ls -A /tmp /work");

        await SucceedAsync<ToolReply>(files => EditAsync(files, "file", ("old", "new")));
        await FailAsync(ToolFailure.NoMatch, files => EditAsync(files, "file", ("old", "new")));
        await SucceedAsync<ToolReply>(files => PatchAsync(files, "*** Begin Patch\n*** Update File: other\n@@\n 1\n-2\n*** Delete File: file\n*** Add File: file2\n+x\n*** End Patch"));
        await ShellAsync("mv file2 file");

        Assert.Equal(before, await ShellAsync("ls -A /tmp /work"));
        await WhenNoCommandRunsAsync();
    }

    /// <summary>Puts a file system of 64 KiB on a directory.</summary>
    private async Task MountSmallAsync(string directory)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Mounting a small file system takes root.");
        var state = await ShellAsync($"mkdir -p {directory} && mount -t tmpfs -o size=64k none {directory} && echo mounted || true");
        Skip.If(state != "mounted\n", "This sandbox may not mount.");
    }
}
