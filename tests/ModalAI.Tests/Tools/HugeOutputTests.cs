using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using ModalAI.Tools;
using Xunit.Abstractions;

namespace ModalAI.Tests.Tools;

/// <summary>
/// More output than anybody wants in memory, through one call of <c>bash</c> as an agent's loop makes it. The emulator is a process of its own, so that what is
/// measured here is the client and the tool.
/// </summary>
[Collection(RunsAlone.Name)]
public sealed class HugeOutputTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const long MaxGrowth = 4 * 1024 * 1024;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(590);
    private static readonly long Bytes = TestSize.Of(ci: 16, full: 1024) * 1024L * 1024;

    private EmulatorProcess _emulator = null!;
    private ModalClient _client = null!;
    private ModalSandbox _sandbox = null!;
    private AIFunction _bash = null!;

    public async Task InitializeAsync()
    {
        _emulator = await EmulatorProcess.StartAsync();
        _client = TestClient.Create(_emulator.ServerUrl);
        _sandbox = await _client.Sandboxes.CreateAsync(new ModalSandboxCreateOptions { AppName = "tests" }, TestTimeout.Token);
        var tools = new ModalSandboxTools(_sandbox);
        _bash = tools.OfType<AIFunction>().Single(static tool => tool.Name == "bash");
    }

    public async Task DisposeAsync()
    {
        await _sandbox.TerminateAsync(TestTimeout.Token);
        await _client.DisposeAsync();
        await _emulator.DisposeAsync();
    }

    [Fact]
    public Task Bash_EndlessLine_IsExactInBoundedMemory()
    {
        var piece = new byte[1024 * 1024];
        piece.AsSpan().Fill((byte)'x');
        return CheckAsync(piece);
    }

    [Fact]
    public Task Bash_EscapeSoup_IsExactInBoundedMemory()
    {
        string[] ingredients =
        [
            "\u001B[31;1m", "\u001B[0m", "\u001B[2K", "\u001B[10;20H", "\u001B]0;title\a", "\u001B]8;;http://x\u001B\\", "\u001BP1$r\u001B\\", "\u001B(B", "\u001B7", "\u001B",
            "\u001B[", "\u001B]never ends", "\r", "\n", "\r\n", "\b", "\a", "\0", "50%", "wörter ", "🙂", "\u009B1A", "\u0085", "[... lines 1 to 2 of 3 left out ...]",
        ];
        var random = new Random(20_261_121);
        var soup = new StringBuilder();
        for (var count = 0; soup.Length < 3_000_000; count++)
        {
            soup.Append(ingredients[random.Next(ingredients.Length)]);
            if (count % 10 == 0)
            {
                soup.Append(CultureInfo.InvariantCulture, $"{count}");
            }
        }

        return CheckAsync(Encoding.UTF8.GetBytes(soup.ToString()));
    }

    [Fact]
    public Task Bash_RandomBytes_AreExactInBoundedMemory()
    {
        var piece = new byte[7_654_321];
        new Random(20_261_121).NextBytes(piece);
        return CheckAsync(piece);
    }

    [Fact]
    public Task Bash_ManyLines_AreExactInBoundedMemory() => CheckAsync($"seq 1000000000 | head -c {Bytes}", Numbers());

    /// <summary>A piece over and over.</summary>
    private async Task CheckAsync(byte[] piece)
    {
        await _sandbox.Files.WriteAllBytesAsync("/tmp/piece", piece, TestTimeout.Token);
        await CheckAsync($"while cat /tmp/piece; do :; done 2>/dev/null | head -c {Bytes}", Enumerable.Repeat((ReadOnlyMemory<byte>)piece, int.MaxValue));
    }

    private async Task CheckAsync(string command, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        // As any session has them, smaller calls come before: code is compiled, and the connection has its measure of the way.
        for (var count = 0; count < 5; count++)
        {
            Assert.Equal("exit code 0\nready", await CallAsync("echo ready"));
        }

        var started = Stopwatch.GetTimestamp();
        await using var memory = new MemoryWatch();

        var text = await CallAsync(command);

        var growth = await memory.StopAsync();
        output.WriteLine($"{Bytes} bytes in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s; {_emulator.CountBytes()} bytes on disk");
        output.WriteLine($"Memory grew by {growth} bytes, seen in {memory.Samples} samples.");
        var expected = new PlainOutput(ToolLimits.OutputChars, ToolLimits.LineChars);
        var left = Bytes;
        foreach (var piece in pieces)
        {
            expected.Append(piece.Span[..(int)Math.Min(piece.Length, left)]);
            left -= piece.Length;
            if (left <= 0)
            {
                break;
            }
        }

        var shown = expected.GetText();
        var status = ToldStatus.Parse(text);
        var (first, last) = (expected.FirstOmitted, expected.LastOmitted);
        var loss = new ToldLoss("", first, last, first == 0 ? 0 : expected.Lines, expected.CutLines, Bytes);
        Assert.Equal(shown, status.Rest);
        Assert.Equal(new ToldStatus(0, null, false, false, [loss], shown), status);
        Assert.InRange(growth, long.MinValue, MaxGrowth);
    }

    private async Task<string> CallAsync(string command)
    {
        using var limit = new CancellationTokenSource(TimeLimit);
        return Assert.IsType<string>(await _bash.InvokeAsync(new() { ["command"] = command, ["timeout_seconds"] = (int)TimeLimit.TotalSeconds }, limit.Token));
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Numbers()
    {
        var piece = new MemoryStream();
        var line = new byte[16];
        for (var number = 1L; ; number++)
        {
            number.TryFormat(line, out var length, provider: CultureInfo.InvariantCulture);
            line[length] = (byte)'\n';
            piece.Write(line, 0, length + 1);
            if (piece.Length > 1024 * 1024)
            {
                yield return piece.GetBuffer().AsMemory(0, (int)piece.Length);
                piece.SetLength(0);
            }
        }
    }

    /// <summary>The most that live objects have grown by, looked at all the time, since it was made.</summary>
    private sealed class MemoryWatch : IAsyncDisposable
    {
        private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

        private readonly CancellationTokenSource _stop = new();
        private readonly Task<long> _most;

        public MemoryWatch()
        {
            var before = GetLive();
            _most = Task.Run(() => WatchAsync(before));
        }

        public int Samples { get; private set; }

        public async Task<long> StopAsync()
        {
            await _stop.CancelAsync();
            return await _most;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }

        /// <summary>What a full collection leaves. What is allocated from then on until one looks is not in it.</summary>
        private static long GetLive()
        {
            GC.Collect();
            var memory = GC.GetGCMemoryInfo(GCKind.FullBlocking);
            return memory.HeapSizeBytes - memory.FragmentedBytes;
        }

        private async Task<long> WatchAsync(long before)
        {
            var most = long.MinValue;
            while (!_stop.IsCancellationRequested)
            {
                most = Math.Max(most, GetLive() - before);
                Samples++;
                await Task.Delay(Period, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return most;
        }
    }
}
