using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

[SupportedOSPlatform("linux")]
public sealed class ListFilesTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [Fact]
    public async Task ListFiles_Folder_IsSortedByTheBytesOfTheNames()
    {
        string[] names = ["b", "a", "B", "é", "a.txt", "zz", "日本", "~", "😀", "\uffee"];
        foreach (var name in names)
        {
            File.WriteAllText(_sandbox.Host("/" + name), "");
        }

        var outcome = await _sandbox.ListAsync("/");

        Assert.Equal(["B", "a", "a.txt", "b", "zz", "~", "é", "日本", "\uffee", "😀"], outcome.Names);
    }

    [Fact]
    public async Task ListFiles_Entries_SayWhatTheyAre()
    {
        Directory.CreateDirectory(_sandbox.Host("/d/sub"));
        File.WriteAllText(_sandbox.Host("/d/file"), "12345");
        File.SetUnixFileMode(_sandbox.Host("/d/file"), (UnixFileMode)0x1a4);
        File.CreateSymbolicLink(_sandbox.Host("/d/link"), "no/where");

        var entries = (await _sandbox.ListAsync("/d/")).Json.AsArray();

        Assert.Equal(["file", "symlink", "directory"], entries.Select(entry => entry!["type"]!.GetValue<string>()));
        Assert.Equal(["/d/file", "/d/link", "/d/sub"], entries.Select(entry => entry!["path"]!.GetValue<string>()));
        Assert.Equal(5, entries[0]!["size"]!.GetValue<long>());
        Assert.Equal(33188, entries[0]!["mode"]!.GetValue<int>());
        Assert.Equal("0644", entries[0]!["permissions"]!.GetValue<string>());
        Assert.Equal("no/where", entries[1]!["symlink_target"]!.GetValue<string>());
        Assert.Null(entries[0]!["symlink_target"]);
    }

    [Fact]
    public async Task ListFiles_LinkToAFolder_ListsTheFolderUnderTheLinksName()
    {
        Directory.CreateDirectory(_sandbox.Host("/real"));
        File.WriteAllText(_sandbox.Host("/real/x"), "");
        File.CreateSymbolicLink(_sandbox.Host("/link"), "/real");

        var entry = Assert.Single((await _sandbox.ListAsync("/link")).Json.AsArray());

        Assert.Equal("/link/x", entry!["path"]!.GetValue<string>());
    }

    [Fact]
    public async Task ListFiles_EmptyFolder_IsAnEmptyArray() => Assert.Equal("[]", (await _sandbox.ListAsync("/")).Text);

    [Theory]
    [InlineData("/missing", "NotFound")]
    [InlineData("/dangling", "NotFound")]
    [InlineData("/file", "IsFile")]
    [InlineData("/file/below", "NotDirectory")]
    public async Task ListFiles_WrongPath_SaysWhy(string path, string kind)
    {
        File.WriteAllText(_sandbox.Host("/file"), "");
        File.CreateSymbolicLink(_sandbox.Host("/dangling"), "nowhere");

        Assert.Equal(kind, (await _sandbox.ListAsync(path)).Kind);
    }

    [Fact]
    public async Task ListFiles_NamesThatAreNotText_AreShownAsWellAsCanBe()
    {
        File.WriteAllText(_sandbox.Host("/two\nlines"), "");
        File.WriteAllText(_sandbox.Host("/quote\"\\"), "");
        MakeFileWithBytes([(byte)'x', 0xff, 0xfe]);

        var outcome = await _sandbox.ListAsync("/");

        Assert.Equal(["quote\"\\", "two\nlines", "x\ufffd\ufffd"], outcome.Names);
        Assert.Equal("", (await _sandbox.MakeDirectoryAsync("/tree", parents: true)).Kind);
        FileSystemFixture.Run("sh", "-c", "mv \"$1\"/x* \"$1\"/tree", "sh", _sandbox.Root);
        Assert.Equal("", (await _sandbox.RemoveAsync("/tree", recursive: true)).Kind);
    }

    [Fact]
    public async Task ListFiles_HundredThousandEntries_TakesSecondsAtMost()
    {
        // In memory where that can be had: a disk takes many seconds to make the files.
        var parent = Directory.Exists("/dev/shm") ? "/dev/shm" : _sandbox.Root;
        var root = Directory.CreateDirectory(Path.Combine(parent, $"modalai-fs-{Guid.NewGuid():N}"));
        try
        {
            root.CreateSubdirectory("many");
            FileSystemFixture.Run("sh", "-c", "cd \"$1\" && seq 100000 | xargs touch", "sh", Path.Combine(root.FullName, "many"));
            using var tools = new Emulator.FileSystem.FileSystemTools(root.FullName, (_sandbox.OwnId, _sandbox.OwnId));
            var watch = Stopwatch.StartNew();

            var listed = await _sandbox.CallAsync("ListFiles", new() { ["path"] = "/many" }, tools: tools);
            var removed = await _sandbox.CallAsync("Remove", new() { ["path"] = "/many", ["recursive"] = true }, tools: tools);

            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
            Assert.Equal(100_000, listed.Names.Length);
            Assert.Equal("", removed.Kind);
            Assert.Empty(root.GetFileSystemInfos());
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Stat_File_SaysAllThatIsKnown()
    {
        Directory.CreateDirectory(_sandbox.Host("/etc"));
        File.WriteAllText(_sandbox.Host("/etc/passwd"), "broken line\n:::\nsuper:x:0:0:root:/root:/bin/sh\n");
        File.WriteAllText(_sandbox.Host("/etc/group"), "crew:x:0:\n");
        File.WriteAllText(_sandbox.Host("/file"), "abc");
        FileSystemFixture.Run("touch", "-d", "@1700000000.5", _sandbox.Host("/file"));

        var entry = (await _sandbox.StatAsync("/file")).Json;

        Assert.Equal("file", entry["name"]!.GetValue<string>());
        Assert.Equal("/file", entry["path"]!.GetValue<string>());
        Assert.Equal("super", entry["owner"]!.GetValue<string>());
        Assert.Equal("crew", entry["group"]!.GetValue<string>());
        Assert.Equal(1700000000.5, entry["modified_time"]!.GetValue<double>());
    }

    [Fact]
    public async Task Stat_Link_IsTheLinkItself()
    {
        File.CreateSymbolicLink(_sandbox.Host("/link"), "/etc/shadow");

        var entry = (await _sandbox.StatAsync("/link")).Json;

        Assert.Equal("symlink", entry["type"]!.GetValue<string>());
        Assert.Equal("/etc/shadow", entry["symlink_target"]!.GetValue<string>());
    }

    [Fact]
    public async Task Stat_Root_IsADirectory()
    {
        var entry = (await _sandbox.StatAsync("/")).Json;

        Assert.Equal("/", entry["name"]!.GetValue<string>());
        Assert.Equal("directory", entry["type"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/missing", "NotFound")]
    [InlineData("/file/below", "NotDirectory")]
    [InlineData("/\u0000", "Io")]
    public async Task Stat_WrongPath_SaysWhy(string path, string kind)
    {
        File.WriteAllText(_sandbox.Host("/file"), "");

        Assert.Equal(kind, (await _sandbox.StatAsync(path)).Kind);
    }

    [Fact]
    public async Task Stat_PathLongerThanTheKernelTakes_IsAnError() =>
        Assert.Equal("Io", (await _sandbox.StatAsync("/" + new string('a', 5000))).Kind);

    [SkippableTheory]
    [InlineData(1_000_000, "root")]
    [InlineData(1_000_033, "www-data")]
    [InlineData(1_000_034, "34")]
    [InlineData(0, "65534")]
    [InlineData(1_065_536, "65534")]
    public async Task Stat_ShiftedIds_AreShownAsTheSandboxSeesThem(int hostId, string owner)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can give files away.");
        using var tools = new Emulator.FileSystem.FileSystemTools(_sandbox.Root, (1_000_000, 1_000_000));
        Directory.CreateDirectory(_sandbox.Host("/etc"));
        File.WriteAllText(_sandbox.Host("/etc/passwd"), "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\n");
        File.WriteAllText(_sandbox.Host("/file"), "");
        FileSystemFixture.Run("chown", hostId.ToString(CultureInfo.InvariantCulture), _sandbox.Host("/file"));

        var entry = (await _sandbox.CallAsync("Stat", new() { ["path"] = "/file" }, tools: tools)).Json;

        Assert.Equal(owner, entry["owner"]!.GetValue<string>());
    }

    [Fact]
    public async Task Stat_AccountsFileIsAPipeOrHuge_IsNotWaitedFor()
    {
        Directory.CreateDirectory(_sandbox.Host("/etc"));
        FileSystemFixture.Run("mkfifo", _sandbox.Host("/etc/passwd"));
        using (var file = File.Create(_sandbox.Host("/etc/group")))
        {
            file.SetLength(1L << 40);
        }

        Assert.Equal("0", (await _sandbox.StatAsync("/etc")).Json["owner"]!.GetValue<string>());
    }

    public void Dispose() => _sandbox.Dispose();

    private void MakeFileWithBytes(byte[] name)
    {
        var octal = string.Concat(name.Select(b => "\\" + Convert.ToString(b, 8).PadLeft(3, '0')));
        FileSystemFixture.Run("bash", "-c", $"cd \"$1\" && touch \"$(printf '{octal}')\"", "bash", _sandbox.Root);
    }
}
