using System.Runtime.Versioning;
using System.Text;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

[SupportedOSPlatform("linux")]
public sealed class WriteFileTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [Fact]
    public async Task WriteFile_NewFile_HasTheBytesAndMode0644()
    {
        Assert.Equal("", (await _sandbox.WriteAsync("/new.txt", "hello")).Kind);

        Assert.Equal("hello", File.ReadAllText(_sandbox.Host("/new.txt")));
        Assert.Equal((UnixFileMode)0x1a4, File.GetUnixFileMode(_sandbox.Host("/new.txt")));
    }

    [Fact]
    public async Task WriteFile_LargeInputInSmallPieces_ArrivesWhole()
    {
        var bytes = new byte[1_000_003];
        new Random(2).NextBytes(bytes);
        await using var input = new PiecewiseStream(bytes, 777);

        var outcome = await _sandbox.CallAsync("WriteFile", new() { ["path"] = "/large" }, input);

        Assert.Equal("", outcome.Kind);
        Assert.Equal(bytes, File.ReadAllBytes(_sandbox.Host("/large")));
    }

    [Fact]
    public async Task WriteFile_MissingParents_AreMade()
    {
        Assert.Equal("", (await _sandbox.WriteAsync("/a/b//c/file", "x")).Kind);

        Assert.Equal("x", File.ReadAllText(_sandbox.Host("/a/b/c/file")));
        Assert.Equal((UnixFileMode)0x1ed, File.GetUnixFileMode(_sandbox.Host("/a/b")));
    }

    [Fact]
    public async Task WriteFile_ExistingFile_IsReplacedByANewOneOfMode0644()
    {
        File.WriteAllText(_sandbox.Host("/run.sh"), "a much longer text than the new one");
        File.SetUnixFileMode(_sandbox.Host("/run.sh"), (UnixFileMode)0x1e8);
        FileSystemFixture.Run("ln", _sandbox.Host("/run.sh"), _sandbox.Host("/second-name"));

        Assert.Equal("", (await _sandbox.WriteAsync("/run.sh", "short")).Kind);

        Assert.Equal("short", File.ReadAllText(_sandbox.Host("/run.sh")));
        Assert.Equal((UnixFileMode)0x1a4, File.GetUnixFileMode(_sandbox.Host("/run.sh")));
        Assert.StartsWith("a much longer", File.ReadAllText(_sandbox.Host("/second-name")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteFile_SymbolicLink_IsReplacedAndItsTargetKept()
    {
        File.WriteAllText(_sandbox.Host("/target"), "old");
        File.CreateSymbolicLink(_sandbox.Host("/link"), "target");

        Assert.Equal("", (await _sandbox.WriteAsync("/link", "new")).Kind);

        Assert.Equal("old", File.ReadAllText(_sandbox.Host("/target")));
        Assert.Null(File.ResolveLinkTarget(_sandbox.Host("/link"), returnFinalTarget: false));
        Assert.Equal("new", File.ReadAllText(_sandbox.Host("/link")));
    }

    [Theory]
    [InlineData("/folder", "IsDirectory")]
    [InlineData("/link-to-folder", "IsDirectory")]
    [InlineData("/", "IsDirectory")]
    [InlineData("/new/", "IsDirectory")]
    [InlineData("/folder/..", "IsDirectory")]
    [InlineData("/file/below", "AlreadyExists")]
    [InlineData("/file/below/deeper", "NotDirectory")]
    [InlineData("/dangling/below", "AlreadyExists")]
    [InlineData("relative", "Io")]
    [InlineData("", "Io")]
    public async Task WriteFile_WrongPath_SaysWhy(string path, string kind)
    {
        Directory.CreateDirectory(_sandbox.Host("/folder"));
        File.WriteAllText(_sandbox.Host("/file"), "x");
        File.CreateSymbolicLink(_sandbox.Host("/link-to-folder"), "folder");
        File.CreateSymbolicLink(_sandbox.Host("/dangling"), "nowhere");
        var before = Directory.GetFileSystemEntries(_sandbox.Root);

        Assert.Equal(kind, (await _sandbox.WriteAsync(path, "new")).Kind);

        Assert.Equal(before, Directory.GetFileSystemEntries(_sandbox.Root));
        Assert.Equal("x", File.ReadAllText(_sandbox.Host("/file")));
    }

    [Fact]
    public async Task WriteFile_InputFails_KeepsTheOldFileAndLeavesNothing()
    {
        File.WriteAllText(_sandbox.Host("/file"), "old");
        await using var input = new PiecewiseStream(new byte[100_000], 1000) { FailsAfter = 50_000 };

        await Assert.ThrowsAsync<IOException>(() => _sandbox.CallAsync("WriteFile", new() { ["path"] = "/file" }, input));

        Assert.Equal("old", File.ReadAllText(_sandbox.Host("/file")));
        Assert.Equal([_sandbox.Host("/file")], Directory.GetFileSystemEntries(_sandbox.Root));
    }

    [Fact]
    public async Task WriteFile_CancelledWhileInputIsOpen_KeepsTheOldFileAndLeavesNothing()
    {
        File.WriteAllText(_sandbox.Host("/file"), "old");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_sandbox.Token);
        var pipe = new System.IO.Pipelines.Pipe();
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes("half"), _sandbox.Token);
        var writing = _sandbox.Tools.RunAsync(
            """{"WriteFile":{"path":"/file"}}""", pipe.Reader.AsStream(), Stream.Null, Stream.Null, cancellation.Token);
        await UntilThereAreFilesAsync(2);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.Equal("old", File.ReadAllText(_sandbox.Host("/file")));
        Assert.Equal([_sandbox.Host("/file")], Directory.GetFileSystemEntries(_sandbox.Root));
    }

    [Fact]
    public async Task WriteFile_SandboxEndsMeanwhile_StillCleansUp()
    {
        var tools = new Emulator.FileSystem.FileSystemTools(_sandbox.Root, (_sandbox.OwnId, _sandbox.OwnId));
        var input = new System.IO.Pipelines.Pipe();
        var writing = tools.RunAsync("""{"WriteFile":{"path":"/file"}}""", input.Reader.AsStream(), Stream.Null, Stream.Null, _sandbox.Token);
        await UntilThereAreFilesAsync(1);

        tools.Dispose();
        await input.Writer.CompleteAsync(new IOException("The sandbox has ended."));

        await Assert.ThrowsAsync<IOException>(() => writing);
        Assert.Empty(Directory.GetFileSystemEntries(_sandbox.Root));
    }

    [Fact]
    public async Task WriteFile_ManyAtOnceToOneFile_LeaveOneOfThemWhole()
    {
        var texts = Enumerable.Range(0, 20).Select(number => new string((char)('a' + number), 200_000)).ToArray();

        await Task.WhenAll(texts.Select(text => _sandbox.WriteAsync("/one", text)));

        Assert.Contains(File.ReadAllText(_sandbox.Host("/one")), texts);
        Assert.Single(Directory.GetFileSystemEntries(_sandbox.Root));
    }

    [SkippableFact]
    public async Task WriteFile_AsRoot_GivesFileAndParentsToTheSandboxesRoot()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can give files away.");
        FileSystemFixture.Run("chown", "1000000:1000000", _sandbox.Root);
        using var tools = new Emulator.FileSystem.FileSystemTools(_sandbox.Root, (1_000_000, 1_000_000));

        var outcome = await _sandbox.CallAsync("WriteFile", new() { ["path"] = "/a/b" }, new MemoryStream([1]), tools);

        Assert.Equal("", outcome.Kind);
        Assert.Equal("1000000:1000000", FileSystemFixture.Run("stat", "-c", "%u:%g", _sandbox.Host("/a")).Trim());
        Assert.Equal("1000000:1000000", FileSystemFixture.Run("stat", "-c", "%u:%g", _sandbox.Host("/a/b")).Trim());
    }

    [SkippableFact]
    public async Task WriteFile_FolderOfAUserThatTheSandboxDoesNotHave_IsDenied()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "A plain user is held back by the kernel.");
        using var tools = new Emulator.FileSystem.FileSystemTools(_sandbox.Root, (1_000_000, 1_000_000));
        File.WriteAllText(_sandbox.Host("/file"), "root's");

        Assert.Equal("PermissionDenied", (await _sandbox.CallAsync("WriteFile", new() { ["path"] = "/file" }, tools: tools)).Kind);
        Assert.Equal("PermissionDenied", (await _sandbox.CallAsync("MakeDirectory", new() { ["path"] = "/made" }, tools: tools)).Kind);
        Assert.Equal("PermissionDenied", (await _sandbox.CallAsync("Remove", new() { ["path"] = "/file" }, tools: tools)).Kind);
        Assert.Equal("root's", File.ReadAllText(_sandbox.Host("/file")));
    }

    public void Dispose() => _sandbox.Dispose();

    private async Task UntilThereAreFilesAsync(int count)
    {
        while (Directory.GetFileSystemEntries(_sandbox.Root).Length < count)
        {
            _sandbox.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class PiecewiseStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public long FailsAfter { get; init; } = long.MaxValue;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= FailsAfter
                ? throw new IOException("The other side is gone.")
                : ValueTask.FromResult(Read(buffer.Span[..Math.Min(piece, buffer.Length)]));
    }
}
