using System.Text.Json.Nodes;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

/// <summary>A sandbox that tries to make the file operations leave it. That the canary is unchanged is checked at the end of each test.</summary>
public sealed class EscapeTests : IDisposable
{
    private const int Rounds = 400;
    private readonly FileSystemFixture _sandbox = new();

    [Theory]
    [InlineData("/../canary")]
    [InlineData("/../../../../../../../../../../etc/passwd")]
    [InlineData("/folder/../../canary")]
    [InlineData("/absolute")]
    [InlineData("/relative")]
    [InlineData("/chain")]
    [InlineData("/out/canary")]
    [InlineData("/folder/up/up/canary")]
    public async Task AnyOperation_PathOrLinkThatLeadsOut_StaysInside(string path)
    {
        PlantLinks();

        Assert.Equal("NotFound", (await _sandbox.ReadAsync(path)).Kind);
        Assert.NotEqual("", (await _sandbox.ListAsync(path)).Kind);
        Assert.DoesNotContain(FileSystemFixture.CanaryText, (await _sandbox.StatAsync(path)).Text, StringComparison.Ordinal);
        await _sandbox.MakeDirectoryAsync(path, parents: true);
        await _sandbox.WriteAsync(path, "overwritten");
        await _sandbox.RemoveAsync(path, recursive: true);
        Assert.Equal(["canary", "root"], Directory.GetFileSystemEntries(Path.GetDirectoryName(_sandbox.Root)!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task ReadAndWrite_LinkSwappedMeanwhile_NeverReachesOut()
    {
        Directory.CreateDirectory(_sandbox.Host("/a/inside"));
        File.WriteAllText(_sandbox.Host("/a/inside/canary"), "inside");
        File.CreateSymbolicLink(_sandbox.Host("/a/outside"), Path.GetDirectoryName(_sandbox.Canary)!);
        using var swapping = new Swapper(_sandbox.Host("/a/inside"), _sandbox.Host("/a/outside"), _sandbox.Host("/a/spare"));

        for (var round = 0; round < Rounds; round++)
        {
            Assert.DoesNotContain(FileSystemFixture.CanaryText, (await _sandbox.ReadAsync("/a/inside/canary")).Text, StringComparison.Ordinal);
            await _sandbox.WriteAsync("/a/inside/canary", "overwritten");
            var listed = await _sandbox.ListAsync("/a/inside");
            Assert.DoesNotContain("root", listed.ExitCode == 0 ? listed.Names : []);
        }

        Assert.True(swapping.Swaps > 0);
    }

    [Fact]
    public async Task ReadFile_FolderMovedAwayUnderADotDot_NeverReachesOut()
    {
        Directory.CreateDirectory(_sandbox.Host("/deep/er"));
        Directory.CreateDirectory(_sandbox.Host("/top"));
        using var swapping = new Swapper(_sandbox.Host("/deep/er"), _sandbox.Host("/top"), _sandbox.Host("/spare"));
        var path = "/deep/er/" + string.Concat(Enumerable.Repeat("../", 8)) + "canary";

        for (var round = 0; round < Rounds; round++)
        {
            Assert.NotEqual("", (await _sandbox.ReadAsync(path)).Kind);
        }

        Assert.True(swapping.Swaps > 0);
    }

    [Fact]
    public async Task Remove_FolderSwappedForALinkMeanwhile_NeverEmptiesTheTarget()
    {
        var outside = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(_sandbox.Root)!, "outside"));
        File.WriteAllText(Path.Combine(outside.FullName, "file"), FileSystemFixture.CanaryText);

        for (var round = 0; round < 60; round++)
        {
            for (var number = 0; number < 100; number++)
            {
                Directory.CreateDirectory(_sandbox.Host($"/tree/{number}/x"));
            }

            // Seen from where it is swapped to.
            File.CreateSymbolicLink(_sandbox.Host("/link"), "../../outside");
            using (var swapping = new Swapper(_sandbox.Host("/tree/17"), _sandbox.Host("/link"), _sandbox.Host("/spare")))
            {
                SpinWait.SpinUntil(() => swapping.Swaps > 0);
                await _sandbox.RemoveAsync("/tree", recursive: true);
            }

            await _sandbox.RemoveAsync("/tree", recursive: true);
            await _sandbox.RemoveAsync("/link", recursive: true);
            await _sandbox.RemoveAsync("/spare", recursive: true);
            Assert.Equal(FileSystemFixture.CanaryText, File.ReadAllText(Path.Combine(outside.FullName, "file")));
        }
    }

    [Fact]
    public async Task Remove_FilesAddedAllTheWhile_Ends()
    {
        Directory.CreateDirectory(_sandbox.Host("/busy"));
        using var stop = new CancellationTokenSource();
        var adding = Task.Run(() =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                try
                {
                    File.WriteAllText(_sandbox.Host($"/busy/{number}"), "");
                }
                catch (DirectoryNotFoundException)
                {
                    return;
                }
            }
        });

        var outcome = await _sandbox.RemoveAsync("/busy", recursive: true);
        await stop.CancelAsync();
        await adding;

        Assert.Contains(outcome.Kind, new[] { "", "DirectoryNotEmpty" });
        await _sandbox.RemoveAsync("/busy", recursive: true);
        Assert.False(Directory.Exists(_sandbox.Host("/busy")));
    }

    [Fact]
    public async Task WriteFile_TemporaryFileAndParentsAttacked_NeverReachesOut()
    {
        Directory.CreateDirectory(_sandbox.Host("/w"));
        using var stop = new CancellationTokenSource();
        var attacking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var entry in Directory.GetFileSystemEntries(_sandbox.Host("/w")))
                {
                    try
                    {
                        File.Delete(entry);
                        File.CreateSymbolicLink(entry, _sandbox.Canary);
                    }
                    catch (IOException)
                    {
                        // The other side was faster.
                    }
                }
            }
        });

        for (var round = 0; round < Rounds; round++)
        {
            await _sandbox.CallAsync("WriteFile", new JsonObject { ["path"] = "/w/file" }, new MemoryStream(new byte[100]));
        }

        await stop.CancelAsync();
        await attacking;
        Assert.Equal(FileSystemFixture.CanaryText, File.ReadAllText(_sandbox.Canary));
    }

    public void Dispose() => _sandbox.Dispose();

    private void PlantLinks()
    {
        Directory.CreateDirectory(_sandbox.Host("/folder"));
        File.CreateSymbolicLink(_sandbox.Host("/absolute"), _sandbox.Canary);
        File.CreateSymbolicLink(_sandbox.Host("/relative"), "../canary");
        File.CreateSymbolicLink(_sandbox.Host("/chain"), "relative");
        File.CreateSymbolicLink(_sandbox.Host("/out"), "..");
        File.CreateSymbolicLink(_sandbox.Host("/folder/up"), "..");
    }

    /// <summary>A thread that exchanges two names as fast as it can, as a hostile process in a sandbox would.</summary>
    private sealed class Swapper : IDisposable
    {
        private readonly string[] _names;
        private readonly Thread _thread;
        private volatile bool _stop;
        private volatile int _swaps;

        public Swapper(string first, string second, string spare)
        {
            _names = [first, second, spare];
            _thread = new Thread(Run);
            _thread.Start();
        }

        public int Swaps => _swaps;

        public void Dispose()
        {
            _stop = true;
            _thread.Join();
        }

        private void Run()
        {
            while (!_stop)
            {
                Move(_names[0], _names[2]);
                Move(_names[1], _names[0]);
                Move(_names[2], _names[1]);
                _swaps++;
            }
        }

        private static void Move(string from, string to)
        {
            try
            {
                Directory.Move(from, to);
            }
            catch (IOException)
            {
                // The operation under test got there first.
            }
        }
    }
}
