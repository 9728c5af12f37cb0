using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public abstract partial class FileEngineTests
{
    private const string Png = "\\211PNG\\r\\n\\032\\n\\000\\000\\000\\rIHDR";

    [SkippableFact]
    public async Task Read_PartOfAFile_GivesLinesAndWhatComesNext()
    {
        await ShellAsync("seq 1 5000 >numbers");

        var reply = await SucceedAsync<ReadReply>(files => ReadAsync(files, "numbers", offset: 10, limit: 2));
        var end = await SucceedAsync<ReadReply>(files => ReadAsync(files, "numbers", offset: 4999));

        Assert.Equal(["10", "11"], reply.Lines);
        Assert.Equal((10, 5000, 12), (reply.FirstLine, reply.TotalLines, reply.NextLine));
        Assert.Equal("    10\t10\n    11\t11\n(lines 10 to 11 of 5000; for more: offset=12)", reply.Text);
        Assert.Null(end.NextLine);
    }

    [SkippableFact]
    public async Task Read_SparseFileOfGigabytes_IsRecognizedWithoutBeingSent()
    {
        await ShellAsync("dd if=/dev/zero of=sparse bs=1 count=1 seek=3000000000 2>/dev/null; printf '\\211PNG\\r\\n\\032\\n' | dd of=sparse conv=notrunc 2>/dev/null");

        var read = await FailAsync(ToolFailure.Binary, files => ReadAsync(files, "sparse"));
        var edit = await FailAsync(ToolFailure.TooLarge, files => EditAsync(files, "sparse", ("a", "b")));
        var view = await FailAsync(ToolFailure.TooLarge, files => MediaTool.RunAsync(files, "sparse", "view_image", imagesOnly: true, TestTimeout.Token));
        var publish = await FailAsync(ToolFailure.TooLarge, files => PublishTool.RunAsync(files, new ListSink(), "sparse", "publish", TestTimeout.Token));

        Assert.Contains("is a binary file of 3000000001 bytes (image/png)", read, StringComparison.Ordinal);
        Assert.Contains("has 3000000001 bytes; edit takes 5242880", edit, StringComparison.Ordinal);
        Assert.Contains("has 3000000001 bytes; view_image takes 3750000", view, StringComparison.Ordinal);
        Assert.Contains("has 3000000001 bytes; publish takes 104857600", publish, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Read_OneHugeLine_GivesItsStart()
    {
        await ShellAsync("head -c 30000000 /dev/zero | tr '\\000' x >huge");

        var reply = await SucceedAsync<ReadReply>(files => ReadAsync(files, "huge"));

        Assert.StartsWith("     1\txxxx", reply.Text, StringComparison.Ordinal);
        Assert.Contains("[line cut at 2000 characters]", reply.Text, StringComparison.Ordinal);
        Assert.InRange(reply.Text.Length, 2000, 2200);
    }

    [SkippableTheory]
    [InlineData("pipe")]
    [InlineData("zeros")]
    [InlineData("/dev/zero")]
    public async Task AllOperations_WhatHasNoEnd_RefuseIt(string path)
    {
        await ShellAsync("mkfifo pipe; ln -s /dev/zero zeros");

        Assert.Contains("not a regular file", await FailAsync(ToolFailure.SpecialFile, files => ReadAsync(files, path)), StringComparison.Ordinal);
        await FailAsync(ToolFailure.SpecialFile, files => WriteAsync(files, path, "x"));
        await FailAsync(ToolFailure.SpecialFile, files => EditAsync(files, path, ("a", "b")));
        await FailAsync(ToolFailure.SpecialFile, files => MediaTool.RunAsync(files, path, "view_image", imagesOnly: true, TestTimeout.Token));
        await FailAsync(ToolFailure.SpecialFile, files => PublishTool.RunAsync(files, new ListSink(), path, "publish", TestTimeout.Token));
        await FailAsync(ToolFailure.SpecialFile, files => PatchAsync(files, $"*** Begin Patch\n*** Update File: {path}\n-a\n+b\n*** End Patch"));
        Assert.True(GlobPattern.TryParse("*", out var all, out _));
        await FailAsync(ToolFailure.SpecialFile, files => GrepTool.RunAsync(files, new GrepQuery("x") { Path = path }, all, TestTimeout.Token));
    }

    [SkippableFact]
    public async Task Read_FileOfTheKernel_IsReadWithoutItsSize()
    {
        var reply = await SucceedAsync<ReadReply>(files => ReadAsync(files, "/proc/self/status", limit: 1));

        Assert.StartsWith("Name:", Assert.Single(reply.Lines), StringComparison.Ordinal);
        Assert.Equal((null, 2), (reply.TotalLines, reply.NextLine));
    }

    [SkippableFact]
    public async Task Read_LongFileOfTheKernel_SaysThatOnlyItsStartIsRead()
    {
        var start = await ShellAsync("head -c 264001 /proc/kallsyms 2>/dev/null || true");
        Skip.If(start.Length < 264_001, "There is no long file of the kernel here.");
        var lines = start.Count(static character => character == '\n');

        var reply = await SucceedAsync<ReadReply>(files => ReadAsync(files, "/proc/kallsyms", offset: lines - 1));
        var beyond = await FailAsync(ToolFailure.NoMatch, files => ReadAsync(files, "/proc/kallsyms", offset: lines + 1));

        Assert.Equal(start.Split('\n')[(lines - 2)..lines], reply.Lines);
        Assert.EndsWith($"(lines {lines - 1} to {lines}; only the first 264001 bytes of this file of the kernel are looked at) Use bash for the rest.", reply.Text, StringComparison.Ordinal);
        Assert.Null(reply.NextLine);
        Assert.Contains($"offset {lines + 1} is too large for '/proc/kallsyms': only the first 264001 bytes", beyond, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Read_FileThatFails_SaysWhy()
    {
        var text = await FailAsync(ToolFailure.Failed, files => ReadAsync(files, "/proc/self/mem"));

        Assert.Contains("Input/output error", text, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public async Task View_Image_ComesAsItsBytes()
    {
        await ShellAsync($"{{ printf '{Png}'; head -c 3000000 /dev/zero; }} >'chart of $HOME.txt'");

        var reply = await SucceedAsync<MediaReply>(files => MediaTool.RunAsync(files, "chart of $HOME.txt", "view_image", imagesOnly: true, TestTimeout.Token));

        Assert.Equal("'chart of $HOME.txt': image/png, 3000016 bytes", reply.Text);
        Assert.Equal(await GetAsync("/work/chart of $HOME.txt"), reply.Bytes.ToArray());
        var data = Assert.IsType<DataContent>(reply.ToContents()[1]);
        Assert.Equal(("image/png", "chart of _HOME.txt"), (data.MediaType, data.Name));
    }

    [SkippableFact]
    public async Task View_WhatIsNoImage_IsSaid()
    {
        await ShellAsync("echo text >file; : >empty; printf '%%PDF-1.7\\n' >paper; mkdir dir");

        Assert.Contains("is no medium that is known", await ViewAsync("file", ToolFailure.InvalidArgument), StringComparison.Ordinal);
        Assert.Contains("is application/pdf; view_image takes", await ViewAsync("paper", ToolFailure.InvalidArgument), StringComparison.Ordinal);
        Assert.Contains("is empty", await ViewAsync("empty", ToolFailure.NoMatch), StringComparison.Ordinal);
        Assert.Contains("does not exist", await ViewAsync("gone", ToolFailure.NotFound), StringComparison.Ordinal);
        Assert.Contains("is a directory", await ViewAsync("dir", ToolFailure.IsDirectory), StringComparison.Ordinal);
        var reply = await SucceedAsync<MediaReply>(files => MediaTool.RunAsync(files, "paper", "read_media", imagesOnly: false, TestTimeout.Token));
        Assert.Equal("application/pdf", reply.MediaType);
        Assert.Contains("(application/pdf)", await FailAsync(ToolFailure.Binary, files => ReadAsync(files, "paper")), StringComparison.Ordinal);

        Task<string> ViewAsync(string path, ToolFailure failure) =>
            FailAsync(failure, files => MediaTool.RunAsync(files, path, "view_image", imagesOnly: true, TestTimeout.Token));
    }

    [SkippableFact]
    public async Task Publish_LargeFile_StreamsIntoTheSink()
    {
        await ShellAsync("mkdir -p 'out/..hidden'; seq 1 2000000 >'out/..hidden/../..report: final?.csv'");
        var sink = new ListSink();

        var reply = await SucceedAsync<ToolReply>(files => PublishTool.RunAsync(files, sink, "out/..hidden/../..report: final?.csv", "publish", TestTimeout.Token));

        var artifact = Assert.Single(sink.Artifacts);
        Assert.Equal(("report_ final_.csv", "text/plain", 14888896L), (artifact.Name, artifact.MediaType, artifact.Length));
        Assert.Equal(await GetAsync("/work/out/..report: final?.csv"), artifact.Content);
        Assert.EndsWith("as 'report_ final_.csv' (text/plain, 14888896 bytes)", reply.Text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Publish_SinkThatReadsNothing_LeavesNothingRunning()
    {
        await ShellAsync("seq 1 2000000 >large");

        await PublishTool.RunAsync(Files, new ListSink { ReadsNothing = true }, "large", "publish", TestTimeout.Token);

        await WhenNoCommandRunsAsync();
    }

    [SkippableFact]
    public async Task Publish_SinkThatFails_IsTheApplicationsFailure()
    {
        await ShellAsync("echo text >file");

        await Assert.ThrowsAsync<InvalidDataException>(() => PublishTool.RunAsync(Files, new ListSink { Fails = true }, "file", "publish", TestTimeout.Token));

        await WhenNoCommandRunsAsync();
    }

    private sealed class ListSink : IModalArtifactSink
    {
        public List<(string Name, string MediaType, long Length, byte[] Content)> Artifacts { get; } = [];

        public bool ReadsNothing { get; init; }

        public bool Fails { get; init; }

        public async Task PublishAsync(ModalArtifact artifact, CancellationToken cancellationToken = default)
        {
            if (Fails)
            {
                throw new InvalidDataException("The disk of the application is full.");
            }

            var content = new MemoryStream();
            if (!ReadsNothing)
            {
                await artifact.Content.CopyToAsync(content, cancellationToken);
            }

            Artifacts.Add((artifact.Name, artifact.MediaType, artifact.Length, content.ToArray()));
        }
    }
}
