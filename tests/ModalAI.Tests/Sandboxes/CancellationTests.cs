using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ModalAI.TestSupport;
using Xunit.Abstractions;

namespace ModalAI.Tests.Sandboxes;

/// <summary>Commands that are cancelled at any moment, with children that do not want to end.</summary>
public sealed class CancellationTests(EmulatorFixture fixture, ITestOutputHelper log) : EmulatorTest(fixture)
{
    private const int Sandboxes = 2;
    private const int WorkersPerSandbox = 2;

    /// <summary>How long a process may live on after its command was cancelled: at full size what is promised, else what any computer keeps.</summary>
    private static readonly TimeSpan GoneWithin = TestSize.IsFull ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(20);

    /// <summary><c>{0}</c> is a number that marks the processes of one command.</summary>
    private static readonly CompositeFormat[] StubbornCommands =
    [
        .. new[]
        {
            "sleep {0}",
            "setsid sleep {0} & sleep {0}",
            "(setsid sh -c 'sleep {0} & sleep {0}' &) ; sleep {0}",
            "trap '' TERM INT HUP; sleep {0} & sleep {0}",
            "sleep {0} & kill -STOP $!; sleep {0}",
            "sleep {0} & kill -STOP $$",
            "trap '' TERM; (setsid sh -c 'trap \"\" TERM HUP; sleep {0} & kill -STOP $$' &) ; (sleep {0} &) ; kill -STOP $$",
            "i=0; while [ $((i += 1)) -lt 200 ]; do setsid sleep {0} & sleep 0.01; done; sleep {0}",
        }.Select(CompositeFormat.Parse),
    ];

    [Fact]
    public async Task Execute_CancelledAtRandomMoments_ReturnsAtOnceAndLeavesNoProcess()
    {
        var seed = Environment.TickCount;
        log.WriteLine($"Seed {seed}");
        var total = TestSize.Of(ci: 60, full: 1000);
        var returns = new ConcurrentBag<double>();
        var deaths = new ConcurrentBag<double>();
        var next = 0;
        var lifetimes = await Task.WhenAll(
            Enumerable.Range(0, Sandboxes).Select(_ => CreateSandboxAsync(options => options with { Timeout = TimeSpan.FromHours(1) })));

        await Task.WhenAll(Enumerable.Range(0, Sandboxes * WorkersPerSandbox).Select(async worker =>
        {
            for (var number = Interlocked.Increment(ref next); number <= total; number = Interlocked.Increment(ref next))
            {
                var random = new Random(HashCode.Combine(seed, number));
                var (returned, gone) = await CancelOneAsync(lifetimes[worker % Sandboxes].Sandbox, 7_000_000 + number, random);
                returns.Add(returned.TotalMilliseconds);
                deaths.Add(gone.TotalMilliseconds);
            }
        }));

        log.WriteLine(Describe("Until the call returned", returns));
        log.WriteLine(Describe("Until no process was left", deaths));
        foreach (var lifetime in lifetimes)
        {
            await lifetime.DisposeAsync();
        }

        if (TestSize.IsFull)
        {
            Assert.InRange(Percentile(returns, 0.99), 0, 250);
        }
    }

    private static async Task<(TimeSpan Returned, TimeSpan Gone)> CancelOneAsync(ModalSandbox sandbox, int mark, Random random)
    {
        var commandLine = string.Format(CultureInfo.InvariantCulture, StubbornCommands[random.Next(StubbornCommands.Length)], mark);
        var delay = TimeSpan.FromMilliseconds(random.Next(4) == 0 ? random.NextDouble() * 10 : random.NextDouble() * 300);
        using var cancellation = new CancellationTokenSource();
        var running = sandbox.ExecuteAsync(commandLine, cancellation.Token);
        await Task.Delay(delay, TestTimeout.Token);

        var cancelled = Stopwatch.GetTimestamp();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        var returned = Stopwatch.GetElapsedTime(cancelled);

        var after = await sandbox.ExecuteAsync("echo works", TestTimeout.Token);
        Assert.Equal((0, "works\n"), (after.ExitCode, after.StandardOutput));
        while (FindMarked(mark) is { Count: > 0 } left)
        {
            Assert.True(
                Stopwatch.GetElapsedTime(cancelled) < GoneWithin,
                $"Left of '{commandLine}', cancelled after {delay}: {left.Count} processes, such as {left[0]}");
            await Task.Delay(10, TestTimeout.Token);
        }

        return (returned, Stopwatch.GetElapsedTime(cancelled));
    }

    /// <summary>The processes that have the mark in their command line, as this computer sees them: the sandbox's processes are its own.</summary>
    private static List<string> FindMarked(int mark)
    {
        var text = mark.ToString(CultureInfo.InvariantCulture);
        var found = new List<string>();
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(path[6])))
        {
            try
            {
                var commandLine = File.ReadAllText($"{directory}/cmdline");
                if (commandLine.Contains(text, StringComparison.Ordinal))
                {
                    found.Add(commandLine.Replace('\0', ' '));
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    private static string Describe(string what, IReadOnlyCollection<double> milliseconds)
    {
        var (half, most, nearlyAll) = (Percentile(milliseconds, 0.5), Percentile(milliseconds, 0.95), Percentile(milliseconds, 0.99));
        return string.Create(
            CultureInfo.InvariantCulture, $"{what}: p50 {half:0} ms, p95 {most:0} ms, p99 {nearlyAll:0} ms, max {milliseconds.Max():0} ms");
    }

    private static double Percentile(IReadOnlyCollection<double> values, double part) => values.Order().ElementAt((int)Math.Ceiling(part * values.Count) - 1);
}
