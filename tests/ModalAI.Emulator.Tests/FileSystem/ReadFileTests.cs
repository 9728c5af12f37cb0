using System.Net.Sockets;
using System.Runtime.Versioning;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

[SupportedOSPlatform("linux")]
public sealed class ReadFileTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [Fact]
    public async Task ReadFile_AnyBytes_ComeUnchanged()
    {
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(_sandbox.Host("/data.bin"), bytes);

        var outcome = await _sandbox.ReadAsync("/data.bin");

        Assert.Equal("", outcome.Kind);
        Assert.Equal(bytes, outcome.Output);
    }

    [Fact]
    public async Task ReadFile_EmptyFile_GivesNothing()
    {
        File.WriteAllText(_sandbox.Host("/empty"), "");

        var outcome = await _sandbox.ReadAsync("/empty");

        Assert.Equal("", outcome.Kind);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task ReadFile_AbsoluteLink_IsFollowedInsideTheSandbox()
    {
        Directory.CreateDirectory(_sandbox.Host("/etc"));
        File.WriteAllText(_sandbox.Host("/etc/name"), "inside");
        File.CreateSymbolicLink(_sandbox.Host("/link"), "/etc/name");

        Assert.Equal("inside", (await _sandbox.ReadAsync("/link")).Text);
    }

    [Theory]
    [InlineData("/missing", "NotFound")]
    [InlineData("/missing/file", "NotFound")]
    [InlineData("/dangling", "NotFound")]
    [InlineData("/folder", "IsDirectory")]
    [InlineData("/link-to-folder", "IsDirectory")]
    [InlineData("/", "IsDirectory")]
    [InlineData("/file/below", "NotDirectory")]
    [InlineData("/file/", "NotDirectory")]
    [InlineData("/loop", "Io")]
    public async Task ReadFile_WrongPath_SaysWhy(string path, string kind)
    {
        Directory.CreateDirectory(_sandbox.Host("/folder"));
        File.WriteAllText(_sandbox.Host("/file"), "x");
        File.CreateSymbolicLink(_sandbox.Host("/dangling"), "nowhere");
        File.CreateSymbolicLink(_sandbox.Host("/link-to-folder"), "folder");
        File.CreateSymbolicLink(_sandbox.Host("/loop"), "loop");

        var outcome = await _sandbox.ReadAsync(path);

        Assert.Equal(kind, outcome.Kind);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task ReadFile_LargerThanFiveGibibytes_IsTooLarge()
    {
        using (var file = File.Create(_sandbox.Host("/huge")))
        {
            file.SetLength(5L * 1024 * 1024 * 1024 + 1);
        }

        Assert.Equal("FileTooLarge", (await _sandbox.ReadAsync("/huge")).Kind);
    }

    [Fact]
    public async Task ReadFile_NamedPipeWithAWaitingWriter_RefusesAndLeavesTheWriterWaiting()
    {
        FileSystemFixture.Run("mkfifo", _sandbox.Host("/pipe"));
        var writer = Task.Run(() => File.WriteAllText(_sandbox.Host("/pipe"), "late"));

        var outcome = await _sandbox.ReadAsync("/pipe");

        Assert.Equal("NotSupported", outcome.Kind);
        Assert.Contains("a named pipe", outcome.Message, StringComparison.Ordinal);
        Assert.False(writer.IsCompleted);
        Assert.Equal("late", File.ReadAllText(_sandbox.Host("/pipe")));
        await writer;
    }

    [Fact]
    public async Task ReadFile_Socket_IsRefused()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_sandbox.Host("/socket")));

        Assert.Equal("NotSupported", (await _sandbox.ReadAsync("/socket")).Kind);
    }

    [SkippableFact]
    public async Task ReadFile_EndlessDevice_IsRefused()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can make a device.");
        FileSystemFixture.Run("mknod", _sandbox.Host("/zero"), "c", "1", "5");

        var outcome = await _sandbox.ReadAsync("/zero");

        Assert.Equal("NotSupported", outcome.Kind);
        Assert.Contains("a character device", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadFile_FileOfProcWithoutASize_GivesItsContent()
    {
        using var tools = new Emulator.FileSystem.FileSystemTools("/proc", (_sandbox.OwnId, _sandbox.OwnId));

        var outcome = await _sandbox.CallAsync("ReadFile", new() { ["path"] = "/cpuinfo" }, tools: tools);

        Assert.Equal("", outcome.Kind);
        Assert.Equal(File.ReadAllText("/proc/cpuinfo").Split('\n').Length, outcome.Text.Split('\n').Length);
    }

    [Fact]
    public async Task ReadFile_WhatOnlyTheComputersRootMayRead_IsDenied()
    {
        using var tools = new Emulator.FileSystem.FileSystemTools("/proc", (_sandbox.OwnId, _sandbox.OwnId));

        Assert.Equal("PermissionDenied", (await _sandbox.CallAsync("ReadFile", new() { ["path"] = "/kmsg" }, tools: tools)).Kind);
    }

    [Fact]
    public async Task ReadFile_LinkOfProcToAProcessesFiles_IsNotFollowed()
    {
        using var tools = new Emulator.FileSystem.FileSystemTools("/proc", (_sandbox.OwnId, _sandbox.OwnId));
        using var open = File.OpenRead(_sandbox.Canary);
        var link = $"/{Environment.ProcessId}/fd/{open.SafeFileHandle.DangerousGetHandle()}";

        var outcome = await _sandbox.CallAsync("ReadFile", new() { ["path"] = link }, tools: tools);

        Assert.Equal("Io", outcome.Kind);
        Assert.Empty(outcome.Output);
    }

    [SkippableFact]
    public async Task ReadFile_FileOfAUserThatTheSandboxDoesNotHave_NeedsTheRightThatOthersHave()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can give files away.");
        using var tools = new Emulator.FileSystem.FileSystemTools(_sandbox.Root, (1_000_000, 1_000_000));
        File.WriteAllText(_sandbox.Host("/private"), "root's");
        File.SetUnixFileMode(_sandbox.Host("/private"), UnixFileMode.UserRead);
        File.WriteAllText(_sandbox.Host("/public"), "anyone's");
        File.WriteAllText(_sandbox.Host("/own"), "the sandbox's");
        File.SetUnixFileMode(_sandbox.Host("/own"), UnixFileMode.None);
        FileSystemFixture.Run("chown", "1000033:1000033", _sandbox.Host("/own"));

        Assert.Equal("PermissionDenied", (await _sandbox.CallAsync("ReadFile", new() { ["path"] = "/private" }, tools: tools)).Kind);
        Assert.Equal("anyone's", (await _sandbox.CallAsync("ReadFile", new() { ["path"] = "/public" }, tools: tools)).Text);
        Assert.Equal("the sandbox's", (await _sandbox.CallAsync("ReadFile", new() { ["path"] = "/own" }, tools: tools)).Text);
    }

    [Fact]
    public async Task ReadFile_NoRightToRead_IsDenied()
    {
        // Root may read all of its sandbox's files, so there the sandbox is another user's.
        var owner = Environment.IsPrivilegedProcess ? 1_000_000 : _sandbox.OwnId;
        using var tools = new Emulator.FileSystem.FileSystemTools(_sandbox.Root, (owner, owner));
        File.WriteAllText(_sandbox.Host("/locked"), "x");
        File.SetUnixFileMode(_sandbox.Host("/locked"), UnixFileMode.None);

        Assert.Equal("PermissionDenied", (await _sandbox.CallAsync("ReadFile", new() { ["path"] = "/locked" }, tools: tools)).Kind);
    }

    [Fact]
    public async Task ReadFile_OutputBreaks_FailureComesThrough()
    {
        File.WriteAllText(_sandbox.Host("/file"), "x");
        await using var output = new BrokenStream();

        await Assert.ThrowsAsync<IOException>(
            () => _sandbox.Tools.RunAsync("""{"ReadFile":{"path":"/file"}}""", Stream.Null, output, Stream.Null, _sandbox.Token));
    }

    public void Dispose() => _sandbox.Dispose();

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("The other side is gone.");
    }
}
