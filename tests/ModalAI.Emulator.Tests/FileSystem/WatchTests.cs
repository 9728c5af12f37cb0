using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModalAI.Emulator.FileSystem;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

/// <summary>Watching through links, of trees that change, and with more than it can hold.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [Fact]
    public async Task Watch_RecursivelyWithLinksThatLeadOut_NeverTellsOfTheOutside()
    {
        var outside = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(_sandbox.Root)!, "outside"));
        Directory.CreateDirectory(_sandbox.Host("/w/sub"));
        File.CreateSymbolicLink(_sandbox.Host("/w/absolute"), outside.FullName);
        File.CreateSymbolicLink(_sandbox.Host("/w/sub/relative"), "../../../outside");
        await using var watch = new Watch(_sandbox, "/w", recursive: true);
        await watch.WhenReadyAsync();

        File.WriteAllText(Path.Combine(outside.FullName, "secret"), "x");
        Directory.Move(_sandbox.Host("/w/sub"), _sandbox.Host("/w/was"));
        File.CreateSymbolicLink(_sandbox.Host("/w/sub"), outside.FullName);
        File.WriteAllText(Path.Combine(outside.FullName, "secret"), "y");
        File.WriteAllText(_sandbox.Host("/w/last"), "z");

        var events = await watch.ReadUntilAsync("Create", "/w/last");
        Assert.DoesNotContain(events, one => one.Contains("secret", StringComparison.Ordinal));
        Assert.Contains("Rename /w/sub /w/was", events);
        Assert.Contains("Create /w/sub", events);
    }

    [Theory]
    [InlineData("/out")]
    [InlineData("/out/canary")]
    [InlineData("/../canary")]
    public async Task Watch_PathThatLeadsOut_IsNotFound(string path)
    {
        File.CreateSymbolicLink(_sandbox.Host("/out"), Path.GetDirectoryName(_sandbox.Canary)!);

        Assert.Equal("NotFound", (await _sandbox.CallAsync("Watch", new() { ["path"] = path, ["recursive"] = true, ["timeout_secs"] = 1 })).Kind);
    }

    [Fact]
    public async Task Watch_DirectoryThatIsSwappedForALinkMeanwhile_NeverTellsOfTheOutside()
    {
        var outside = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(_sandbox.Root)!, "outside"));
        Directory.CreateDirectory(_sandbox.Host("/w"));
        await using var watch = new Watch(_sandbox, "/w", recursive: true);
        await watch.WhenReadyAsync();

        // Each directory may be a link by the time that the watch comes to it.
        for (var round = 0; round < 300; round++)
        {
            Directory.CreateDirectory(_sandbox.Host($"/w/{round}"));
            Directory.Delete(_sandbox.Host($"/w/{round}"));
            File.CreateSymbolicLink(_sandbox.Host($"/w/{round}"), outside.FullName);
        }

        File.WriteAllText(Path.Combine(outside.FullName, "secret"), "x");
        File.WriteAllText(_sandbox.Host("/w/last"), "z");

        Assert.DoesNotContain(await watch.ReadUntilAsync("Create", "/w/last"), one => one.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watch_TreeThatGrowsQuickly_TellsOfEachFileOnce()
    {
        Directory.CreateDirectory(_sandbox.Host("/w"));
        await using var watch = new Watch(_sandbox, "/w", recursive: true);
        await watch.WhenReadyAsync();
        var expected = new List<string>();

        for (var number = 0; number < 200; number++)
        {
            Directory.CreateDirectory(_sandbox.Host($"/w/{number}/deep"));
            File.WriteAllText(_sandbox.Host($"/w/{number}/deep/file"), "x");
            expected.AddRange([$"Create /w/{number}", $"Create /w/{number}/deep", $"Create /w/{number}/deep/file"]);
        }

        File.WriteAllText(_sandbox.Host("/w/last"), "z");
        var told = (await watch.ReadUntilAsync("Create", "/w/last")).Where(one => one.StartsWith("Create /w/", StringComparison.Ordinal) && char.IsDigit(one[10]));
        Assert.Equal(expected.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Watch_MoreChangesThanTheKernelKeeps_SaysSoAndGoesOn()
    {
        Directory.CreateDirectory(_sandbox.Host("/w"));
        await using var watch = new Watch(_sandbox, "/w", recursive: true);
        await watch.WhenReadyAsync();
        var kept = int.Parse(await File.ReadAllTextAsync("/proc/sys/fs/inotify/max_queued_events"), System.Globalization.CultureInfo.InvariantCulture);

        watch.Output.Hold();
        for (var number = 0; number < kept; number++)
        {
            // Two changes that cannot be told as one.
            File.WriteAllText(_sandbox.Host("/w/file"), "");
            File.Delete(_sandbox.Host("/w/file"));
        }

        Directory.CreateDirectory(_sandbox.Host("/w/unseen"));
        watch.Output.Release();

        await watch.ReadUntilAsync("Unknown", "/w");
        await watch.WhenReadyAsync(".canary2");
        File.WriteAllText(_sandbox.Host("/w/unseen/file"), "x");
        await watch.ReadUntilAsync("Create", "/w/unseen/file");
    }

    [Fact]
    public async Task Watch_RemovedDirectory_IsToldOf()
    {
        Directory.CreateDirectory(_sandbox.Host("/w"));
        await using var watch = new Watch(_sandbox, "/w", recursive: false);
        await watch.WhenReadyAsync();

        Directory.Delete(_sandbox.Host("/w"), recursive: true);

        await watch.ReadUntilAsync("Remove", "/w");
    }

    [Fact]
    public async Task Watch_OneTooMany_IsRefusedUntilAnotherEnds()
    {
        Directory.CreateDirectory(_sandbox.Host("/w"));
        var watches = Enumerable.Range(0, 32).Select(_ => new Watch(_sandbox, "/w", recursive: false)).ToList();
        foreach (var watch in watches)
        {
            await watch.WhenReadyAsync();
        }

        var refused = await _sandbox.CallAsync("Watch", new() { ["path"] = "/w", ["timeout_secs"] = 0 });
        await watches[0].DisposeAsync();
        var granted = await _sandbox.CallAsync("Watch", new() { ["path"] = "/w", ["timeout_secs"] = 0 });

        Assert.Equal(("Io", ""), (refused.Kind, granted.Kind));
        foreach (var watch in watches)
        {
            await watch.DisposeAsync();
        }
    }

    [Fact]
    public async Task Watch_ManyOneAfterTheOther_LeaveNothing()
    {
        // More than the kernel grants a user at once.
        for (var round = 0; round < 200; round++)
        {
            Assert.Equal("", (await _sandbox.CallAsync("Watch", new() { ["path"] = "/", ["recursive"] = true, ["timeout_secs"] = 0 })).Kind);
        }
    }

    [Fact]
    public async Task Watch_Cancelled_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        var input = new Pipe();
        var watching = _sandbox.Tools.RunAsync("""{"Watch":{"path":"/"}}""", input.Reader.AsStream(), Stream.Null, Stream.Null, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    public void Dispose() => _sandbox.Dispose();

    /// <summary>A watch that runs, and what it has told, as "Kind path path".</summary>
    private sealed class Watch : IAsyncDisposable
    {
        private readonly FileSystemFixture _sandbox;
        private readonly string _path;
        private readonly Pipe _input = new();
        private readonly Task<int> _running;
        private bool _ended;

        public Watch(FileSystemFixture sandbox, string path, bool recursive)
        {
            _sandbox = sandbox;
            _path = path;
            var argument = new JsonObject { ["Watch"] = new JsonObject { ["path"] = path, ["recursive"] = recursive, ["filter"] = null, ["timeout_secs"] = null } };
            _running = sandbox.Tools.RunAsync(argument.ToJsonString(), _input.Reader.AsStream(), Output, Stream.Null, sandbox.Token);
        }

        public HeldLines Output { get; } = new();

        /// <summary>Changes a file until that is told of.</summary>
        public async Task WhenReadyAsync(string name = ".canary")
        {
            while (!Output.Has($"{_path}/{name}"))
            {
                File.WriteAllText(_sandbox.Host($"{_path}/{name}"), "x");
                File.Delete(_sandbox.Host($"{_path}/{name}"));
                await Task.Delay(5, _sandbox.Token);
            }
        }

        public async Task<IReadOnlyList<string>> ReadUntilAsync(string kind, string path)
        {
            while (!Output.Lines.Contains($"{kind} {path}"))
            {
                Assert.False(_running.IsCompleted, "The watch has ended.");
                await Task.Delay(5, _sandbox.Token);
            }

            return Output.Lines;
        }

        public async ValueTask DisposeAsync()
        {
            if (!_ended)
            {
                _ended = true;
                await _input.Writer.CompleteAsync();
                Assert.Equal(0, await _running);
            }
        }
    }

    /// <summary>Takes lines, and can keep the one who writes them waiting.</summary>
    private sealed class HeldLines : MemoryStream
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public bool Has(string path)
        {
            lock (_lines)
            {
                return _lines.Exists(line => line.EndsWith(path, StringComparison.Ordinal));
            }
        }

        public void Hold() => _open.Reset();

        public void Release() => _open.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var text = Encoding.UTF8.GetString(buffer);
            _open.Wait();
            lock (_lines)
            {
                foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    using var json = JsonDocument.Parse(line);
                    var paths = json.RootElement.GetProperty("paths").EnumerateArray().Select(path => path.GetString());
                    _lines.Add($"{json.RootElement.GetProperty("event_type").GetString()} {string.Join(' ', paths)}");
                }
            }
        }
    }
}
