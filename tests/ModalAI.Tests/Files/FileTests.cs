using System.Security.Cryptography;
using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Files;

public sealed class FileTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Files_TextAndBytes_ComeBackAsWritten()
    {
        await using var lifetime = await CreateSandboxAsync();
        var files = lifetime.Sandbox.Files;
        var bytes = RandomNumberGenerator.GetBytes(100_000);

        await files.WriteAllTextAsync("/data/deep/er/text.txt", "zeile\nünï 🙂", TestTimeout.Token);
        await files.WriteAllBytesAsync("/data/bytes.bin", bytes, TestTimeout.Token);
        await files.WriteAllBytesAsync("/data/empty", default, TestTimeout.Token);

        Assert.Equal("zeile\nünï 🙂", await files.ReadAllTextAsync("/data/deep/er/text.txt", cancellationToken: TestTimeout.Token));
        Assert.Equal(bytes, await files.ReadAllBytesAsync("/data/bytes.bin", cancellationToken: TestTimeout.Token));
        Assert.Empty(await files.ReadAllBytesAsync("/data/empty", cancellationToken: TestTimeout.Token));
        Assert.Equal("zeile\nünï 🙂", (await lifetime.Sandbox.ExecuteAsync("cat /data/deep/er/text.txt", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Files_Streams_CarryMoreThanAMessage()
    {
        await using var lifetime = await CreateSandboxAsync();
        var bytes = RandomNumberGenerator.GetBytes(32 * 1024 * 1024 + 5);

        await lifetime.Sandbox.Files.WriteAsync("/big", new MemoryStream(bytes), TestTimeout.Token);
        await using var stream = await lifetime.Sandbox.Files.OpenReadAsync("/big", TestTimeout.Token);

        Assert.Equal(SHA256.HashData(bytes), await SHA256.HashDataAsync(stream, TestTimeout.Token));
    }

    [Fact]
    public async Task Files_OpenReadOfAnEmptyFile_GivesAnEmptyStream()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Files.WriteAllTextAsync("/empty", "", TestTimeout.Token);

        await using var stream = await lifetime.Sandbox.Files.OpenReadAsync("/empty", TestTimeout.Token);

        Assert.Equal(0, await stream.ReadAsync(new byte[1], TestTimeout.Token));
    }

    [Fact]
    public async Task Files_ListAndInfo_TellWhatIsThere()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.ExecuteAsync("mkdir -p /d/sub && printf 12345 > /d/b && ln -s b /d/a && chmod 640 /d/b", TestTimeout.Token);

        var entries = await lifetime.Sandbox.Files.ListAsync("/d", TestTimeout.Token);
        var file = await lifetime.Sandbox.Files.GetInfoAsync("/d/b", TestTimeout.Token);

        Assert.Equal([("a", ModalFileType.SymbolicLink), ("b", ModalFileType.File), ("sub", ModalFileType.Directory)], entries.Select(entry => (entry.Name, entry.Type)));
        Assert.Equal("b", entries[0].LinkTarget);
        Assert.Equal(("/d/b", 5, 0x81A0, "root", "root"), (file.Path, file.Size, file.Mode, file.Owner, file.Group));
        Assert.InRange(file.ModifiedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
    }

    [Fact]
    public async Task Files_DirectoriesAndRemoval_FollowTheirOptions()
    {
        await using var lifetime = await CreateSandboxAsync();
        var files = lifetime.Sandbox.Files;

        await files.CreateDirectoryAsync("/a/b/c", cancellationToken: TestTimeout.Token);
        await files.CreateDirectoryAsync("/a/b/c", cancellationToken: TestTimeout.Token);
        await Assert.ThrowsAsync<ModalPathAlreadyExistsException>(() => files.CreateDirectoryAsync("/a/b", createParents: false, TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => files.CreateDirectoryAsync("/x/y", createParents: false, TestTimeout.Token));
        await Assert.ThrowsAsync<ModalDirectoryNotEmptyException>(() => files.DeleteAsync("/a", cancellationToken: TestTimeout.Token));
        await files.DeleteAsync("/a", recursive: true, TestTimeout.Token);

        Assert.False(await files.ExistsAsync("/a", TestTimeout.Token));
    }

    [Fact]
    public async Task Files_Failures_HaveTheirTypes()
    {
        await using var lifetime = await CreateSandboxAsync();
        var files = lifetime.Sandbox.Files;
        await files.WriteAllTextAsync("/file", "x", TestTimeout.Token);

        var missing = await Assert.ThrowsAsync<ModalFileNotFoundException>(() => files.ReadAllBytesAsync("/missing", cancellationToken: TestTimeout.Token));
        Assert.Equal("/missing", missing.Path);
        Assert.Contains("/missing", missing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => files.OpenReadAsync("/missing", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalIsADirectoryException>(() => files.ReadAllBytesAsync("/tmp", cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ModalIsADirectoryException>(() => files.WriteAllTextAsync("/tmp", "x", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalNotADirectoryException>(() => files.ListAsync("/file", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalNotADirectoryException>(() => files.WriteAllTextAsync("/file/below", "x", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => files.DeleteAsync("/missing", cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => files.GetInfoAsync("/missing", TestTimeout.Token));
        var relative = await Assert.ThrowsAsync<ModalException>(() => files.ReadAllBytesAsync("relative", cancellationToken: TestTimeout.Token));
        Assert.Equal(ModalErrorCode.InvalidArgument, relative.Code);
    }

    [Fact]
    public async Task Files_LargerThanAsked_AreRefusedNotCut()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Files.WriteAllTextAsync("/file", new string('x', 1000), TestTimeout.Token);

        await Assert.ThrowsAsync<ModalFileTooLargeException>(() => lifetime.Sandbox.Files.ReadAllBytesAsync("/file", maxBytes: 999, TestTimeout.Token));

        Assert.Equal(1000, (await lifetime.Sandbox.Files.ReadAllBytesAsync("/file", maxBytes: 1000, TestTimeout.Token)).Length);

        await lifetime.Sandbox.Files.WriteAllTextAsync("/two", "xx", TestTimeout.Token);
        await Assert.ThrowsAsync<ModalFileTooLargeException>(() => lifetime.Sandbox.Files.ReadAllBytesAsync("/two", maxBytes: 1, TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => lifetime.Sandbox.Files.ReadAllBytesAsync("/two", maxBytes: -1, TestTimeout.Token));
    }

    [Fact]
    public async Task Files_Copies_GoBothWays()
    {
        await using var lifetime = await CreateSandboxAsync();
        var local = Directory.CreateTempSubdirectory("modalai-files-");
        try
        {
            var source = Path.Combine(local.FullName, "source");
            var target = Path.Combine(local.FullName, "new", "target");
            await File.WriteAllTextAsync(source, "content", TestTimeout.Token);

            await lifetime.Sandbox.Files.CopyFromLocalAsync(source, "/copied/file", TestTimeout.Token);
            await lifetime.Sandbox.Files.CopyToLocalAsync("/copied/file", target, TestTimeout.Token);
            await Assert.ThrowsAsync<ModalFileNotFoundException>(() => lifetime.Sandbox.Files.CopyToLocalAsync("/missing", target, TestTimeout.Token));

            Assert.Equal("content", await File.ReadAllTextAsync(target, TestTimeout.Token));
            Assert.Equal([target], Directory.GetFiles(Path.GetDirectoryName(target)!));
        }
        finally
        {
            local.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Files_WriteWhoseSourceFails_LeavesTheFileAsItWas()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Files.WriteAllTextAsync("/file", "old", TestTimeout.Token);

        await Assert.ThrowsAsync<IOException>(() => lifetime.Sandbox.Files.WriteAsync("/file", new FailingStream(), TestTimeout.Token));

        Assert.Equal("old", await lifetime.Sandbox.Files.ReadAllTextAsync("/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Files_WriteCancelled_LeavesNoOperationAndNoTemporaryFile()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var cancellation = new CancellationTokenSource();
        await using var writer = Fixture.CreateClient();
        var writing = writer.Sandboxes.Get(lifetime.Sandbox.Id).Files.WriteAsync("/d/file", new EndlessStream(), cancellation.Token);
        while ((await lifetime.Sandbox.ExecuteAsync("ls -A /d", TestTimeout.Token)).StandardOutput.Length == 0)
        {
        }

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        await writer.DisposeAsync();
        Assert.DoesNotContain(lifetime.Sandbox.Id, string.Join(' ', Fixture.Emulator.Ledger.LiveProcesses), StringComparison.Ordinal);
        Assert.Empty(await lifetime.Sandbox.Files.ListAsync("/d", TestTimeout.Token));
    }

    [Fact]
    public async Task Files_OddNames_AreOnlyNames()
    {
        await using var lifetime = await CreateSandboxAsync();
        const string Path = "/d/\"quoted\" 'and' \\ $(touch x)\nline ünï";

        await lifetime.Sandbox.Files.WriteAllTextAsync(Path, "x", TestTimeout.Token);

        Assert.Equal([Path], (await lifetime.Sandbox.Files.ListAsync("/d", TestTimeout.Token)).Select(entry => entry.Path));
    }

    private sealed class FailingStream : MemoryStream
    {
        private int _reads;

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_reads++ > 0)
            {
                throw new IOException("The source broke.");
            }

            Encoding.UTF8.GetBytes("new").CopyTo(buffer);
            return ValueTask.FromResult(3);
        }
    }

    /// <summary>Gives some bytes and then waits for as long as it is let.</summary>
    private sealed class EndlessStream : MemoryStream
    {
        private bool _given;

        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            _given = true;
            return buffer.Length;
        }
    }

    [Theory]
    [InlineData(300_000_000_000, 9999)]
    [InlineData(-100_000_000_000, 1)]
    public void FileInfo_TimeThatDotNetLacks_IsTheNearestThatItHas(double time, int year)
    {
        var entry = new ModalAI.Files.FileEntryJson("name", "/name", "file", 1, 33188, "root", "root", time, null);

        Assert.Equal(year, entry.ToInfo().ModifiedAt.Year);
    }
}
