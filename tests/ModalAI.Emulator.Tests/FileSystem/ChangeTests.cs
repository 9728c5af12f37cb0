using System.Runtime.Versioning;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

[SupportedOSPlatform("linux")]
public sealed class ChangeTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [Fact]
    public async Task MakeDirectory_WithParents_MakesAllAndIsRepeatable()
    {
        Assert.Equal("", (await _sandbox.MakeDirectoryAsync("/a/b/c", parents: true)).Kind);
        Assert.Equal("", (await _sandbox.MakeDirectoryAsync("/a/b/c/", parents: true)).Kind);

        Assert.Equal((UnixFileMode)0x1ed, File.GetUnixFileMode(_sandbox.Host("/a/b/c")));
    }

    [Fact]
    public async Task MakeDirectory_WithoutParents_MakesOne()
    {
        Assert.Equal("", (await _sandbox.MakeDirectoryAsync("/one", parents: false)).Kind);

        Assert.True(Directory.Exists(_sandbox.Host("/one")));
    }

    [Theory]
    [InlineData("/missing/x", false, "NotFound")]
    [InlineData("/folder", false, "PathAlreadyExists")]
    [InlineData("/file", false, "PathAlreadyExists")]
    [InlineData("/dangling", false, "PathAlreadyExists")]
    [InlineData("/folder/..", false, "PathAlreadyExists")]
    [InlineData("/", false, "PathAlreadyExists")]
    [InlineData("/file/x", false, "NotDirectory")]
    [InlineData("/folder", true, "")]
    [InlineData("/link-to-folder", true, "")]
    [InlineData("/folder/../folder/.", true, "")]
    [InlineData("/", true, "")]
    [InlineData("/file", true, "PathAlreadyExists")]
    [InlineData("/dangling", true, "PathAlreadyExists")]
    [InlineData("/file/x", true, "NotDirectory")]
    [InlineData("/file/x/y", true, "NotDirectory")]
    public async Task MakeDirectory_WhatIsThereAlready_Decides(string path, bool parents, string kind)
    {
        Directory.CreateDirectory(_sandbox.Host("/folder"));
        File.WriteAllText(_sandbox.Host("/file"), "");
        File.CreateSymbolicLink(_sandbox.Host("/dangling"), "nowhere");
        File.CreateSymbolicLink(_sandbox.Host("/link-to-folder"), "folder");

        Assert.Equal(kind, (await _sandbox.MakeDirectoryAsync(path, parents)).Kind);
    }

    [Theory]
    [InlineData("/file", false, "")]
    [InlineData("/empty", false, "")]
    [InlineData("/empty/", false, "")]
    [InlineData("/full", false, "DirectoryNotEmpty")]
    [InlineData("/full", true, "")]
    [InlineData("/file", true, "")]
    [InlineData("/link-to-full", true, "")]
    [InlineData("/missing", true, "NotFound")]
    [InlineData("/missing/x", false, "NotFound")]
    [InlineData("/file/x", false, "NotDirectory")]
    [InlineData("/", true, "NotSupported")]
    [InlineData("//", true, "NotSupported")]
    [InlineData("/full/..", true, "NotSupported")]
    [InlineData("/full/.", true, "NotSupported")]
    public async Task Remove_EachKindOfPath_DoesOrRefuses(string path, bool recursive, string kind)
    {
        File.WriteAllText(_sandbox.Host("/file"), "");
        Directory.CreateDirectory(_sandbox.Host("/empty"));
        Directory.CreateDirectory(_sandbox.Host("/full/a/b"));
        File.WriteAllText(_sandbox.Host("/full/a/x"), "");
        File.CreateSymbolicLink(_sandbox.Host("/link-to-full"), "full");
        var wasThere = Path.Exists(_sandbox.Host(path));

        Assert.Equal(kind, (await _sandbox.RemoveAsync(path, recursive)).Kind);

        Assert.Equal(wasThere && kind.Length > 0, Path.Exists(_sandbox.Host(path)));
        Assert.Equal(path == "/full" && kind.Length == 0, !Directory.Exists(_sandbox.Host("/full/a/b")));
    }

    [Fact]
    public async Task Remove_TreeWithLinksOut_LeavesTheirTargets()
    {
        Directory.CreateDirectory(_sandbox.Host("/tree"));
        Directory.CreateDirectory(_sandbox.Host("/kept"));
        File.WriteAllText(_sandbox.Host("/kept/file"), "x");
        File.CreateSymbolicLink(_sandbox.Host("/tree/inside"), "/kept");
        File.CreateSymbolicLink(_sandbox.Host("/tree/outside"), Path.GetDirectoryName(_sandbox.Canary)!);
        File.CreateSymbolicLink(_sandbox.Host("/tree/canary"), _sandbox.Canary);
        File.CreateSymbolicLink(_sandbox.Host("/tree/loop"), ".");

        Assert.Equal("", (await _sandbox.RemoveAsync("/tree", recursive: true)).Kind);

        Assert.Equal("x", File.ReadAllText(_sandbox.Host("/kept/file")));
        Assert.False(Directory.Exists(_sandbox.Host("/tree")));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(5000)]
    public async Task Remove_DeepTree_IsRemovedWhateverItsDepth(int depth)
    {
        MakeDeepTree(depth);

        Assert.Equal("", (await _sandbox.RemoveAsync("/deep", recursive: true)).Kind);

        Assert.Empty(Directory.GetFileSystemEntries(_sandbox.Root));
    }

    [Fact]
    public async Task Remove_CancelledBefore_RemovesNothing()
    {
        MakeDeepTree(10);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _sandbox.Tools.RunAsync(
            """{"Remove":{"path":"/deep","recursive":true}}""", Stream.Null, Stream.Null, Stream.Null, cancellation.Token));

        Assert.True(Directory.Exists(_sandbox.Host("/deep/d/d")));
    }

    [Fact]
    public async Task Remove_FoldersWithoutTheRightToWrite_AreRemovedAsRootWould()
    {
        Directory.CreateDirectory(_sandbox.Host("/cache/module"));
        File.WriteAllText(_sandbox.Host("/cache/module/file"), "");
        FileSystemFixture.Run("chmod", "-R", "a-w", _sandbox.Host("/cache"));

        Assert.Equal("", (await _sandbox.RemoveAsync("/cache", recursive: true)).Kind);

        Assert.False(Directory.Exists(_sandbox.Host("/cache")));
    }

    public void Dispose() => _sandbox.Dispose();

    /// <summary>Built from the innermost folder outwards, since such a path is too long to be given as a whole.</summary>
    private void MakeDeepTree(int depth)
    {
        Directory.CreateDirectory(_sandbox.Host("/deep"));
        for (var level = 0; level < depth; level++)
        {
            Directory.CreateDirectory(_sandbox.Host("/next"));
            File.WriteAllText(_sandbox.Host("/next/file"), "");
            Directory.Move(_sandbox.Host("/deep"), _sandbox.Host("/next/d"));
            Directory.Move(_sandbox.Host("/next"), _sandbox.Host("/deep"));
        }
    }
}
