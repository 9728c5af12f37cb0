using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

[Collection(SharedIsolation.Name)]
public sealed class IsolatedProcessTests(IsolationFixture fixture)
{
    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("kill -SEGV $$", 139)]
    [InlineData("kill -TERM $$", 143)]
    public async Task Exit_OfAScript_IsItsCodeOr128AndTheSignal(string script, int expected)
    {
        var result = await fixture.Sandbox.RunAsync(script);

        Assert.Equal(new CommandResult(expected, "", ""), result);
    }

    [Fact]
    public async Task Start_OfAMissingProgram_ExitsWith127AndNamesIt()
    {
        var result = await fixture.Sandbox.RunAsync(new ProcessSpec { Arguments = ["no-such-program", "argument"] });

        Assert.Equal(127, result.ExitCode);
        Assert.Equal("exec: failed to execute no-such-program: No such file or directory\n", result.Error);
    }

    [Fact]
    public async Task Start_OfAFileThatIsNoProgram_ExitsWith126AndNamesIt()
    {
        var result = await fixture.Sandbox.RunAsync(new ProcessSpec { Arguments = ["/etc/passwd"] });

        Assert.Equal(126, result.ExitCode);
        Assert.Equal("exec: failed to execute /etc/passwd: Permission denied\n", result.Error);
    }

    [Fact]
    public async Task Start_OfAProgramOnTheGivenPath_FindsItInTheSandbox()
    {
        await using var sandbox = await fixture.CreateAsync();
        await sandbox.RunAsync("mkdir /tools; printf '#!/bin/sh\\necho found\\n' >/tools/only-here; chmod +x /tools/only-here");

        var result = await sandbox.RunAsync(
            new ProcessSpec { Arguments = ["only-here"], Environment = new Dictionary<string, string> { ["PATH"] = "/tools" } });

        Assert.Equal(new CommandResult(0, "found\n", ""), result);
    }

    [Fact]
    public async Task Start_WithArguments_PassesEveryByte()
    {
        string[] arguments = ["", " ", "a\nb", "-x", "--", "$(id)", "'\"\\", "ünï©ode", "=", new string('x', 100_000)];

        var result = await fixture.Sandbox.RunAsync(new ProcessSpec { Arguments = ["printf", "%s\\0", .. arguments] });

        Assert.Equal(string.Concat(arguments.Select(static argument => argument + "\0")), result.Output);
    }

    [Fact]
    public void Start_WithANul_IsRefused()
    {
        var exception = Assert.Throws<ProcessStartException>(() => fixture.Sandbox.Start(new ProcessSpec { Arguments = ["echo", "a\0b"] }));

        Assert.Equal(ProcessStartFailure.InvalidArguments, exception.Failure);
    }

    [Fact]
    public void Start_WithAnArgumentLongerThanTheKernelTakes_IsRefused()
    {
        var exception = Assert.Throws<ProcessStartException>(() => fixture.Sandbox.Start(new ProcessSpec { Arguments = ["echo", new string('x', 200_000)] }));

        Assert.Equal(ProcessStartFailure.InvalidArguments, exception.Failure);
    }

    [Fact]
    public async Task Start_WithVariables_GivesThemAndTheDefaultsAndNothingElse()
    {
        var variables = new Dictionary<string, string> { ["A"] = "1\n2 ", ["LANG"] = "C", ["EMPTY"] = "", ["HOME"] = "/tmp" };

        var result = await fixture.Sandbox.RunAsync(new ProcessSpec { Arguments = ["env", "-0"], Environment = variables });

        string[] expected = ["A=1\n2 ", "EMPTY=", "HOME=/tmp", "LANG=C", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
        Assert.Equal(expected, result.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Start_WithAPreloadedLibrary_LoadsItIntoTheCommandOnly()
    {
        var variables = new Dictionary<string, string> { ["LD_PRELOAD"] = "/no-such-library.so" };

        var result = await fixture.Sandbox.RunAsync(new ProcessSpec { Arguments = ["sleep", "0"], Environment = variables });

        Assert.Equal(0, result.ExitCode);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("/no-such-library.so", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/share")]
    [InlineData("/")]
    [InlineData("/proc/sys")]
    public async Task Start_InADirectory_RunsThere(string directory)
    {
        var result = await fixture.Sandbox.RunAsync(new ProcessSpec { Arguments = ["pwd"], WorkingDirectory = directory });

        Assert.Equal(new CommandResult(0, directory + "\n", ""), result);
    }

    [Fact]
    public async Task Start_InALinkedDirectory_FollowsTheLinkInsideTheSandbox()
    {
        await using var sandbox = await fixture.CreateAsync();
        await sandbox.RunAsync("mkdir -p /inside/deep; ln -s /inside/deep /link; ln -s ../../../../../../etc /outside");

        var link = await sandbox.RunAsync(new ProcessSpec { Arguments = ["pwd", "-P"], WorkingDirectory = "/link" });
        var outside = await sandbox.RunAsync(new ProcessSpec { Arguments = ["cat", "hostname"], WorkingDirectory = "/outside" });

        Assert.Equal("/inside/deep\n", link.Output);
        Assert.Equal("modal\n", outside.Output);
    }

    [Theory]
    [InlineData("/no/such/directory")]
    [InlineData("/etc/passwd")]
    public void Start_InNoDirectory_SaysSo(string directory)
    {
        var exception = Assert.Throws<ProcessStartException>(
            () => fixture.Sandbox.Start(new ProcessSpec { Arguments = ["pwd"], WorkingDirectory = directory }));

        Assert.Equal(ProcessStartFailure.WorkingDirectory, exception.Failure);
        Assert.Contains(directory, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OfACommand_GivesItASessionOfItsOwn()
    {
        var result = await fixture.Sandbox.RunAsync("read -r pid name state parent group session rest </proc/$$/stat; echo $(($$ == group)) $(($$ == session))");

        Assert.Equal("1 1\n", result.Output);
    }

    [Fact]
    public async Task Start_OfACommand_LeavesOpenOnlyItsThreeStreams()
    {
        // As a library that is careless with its files would: without close-on-exec.
        var careless = ModalAI.Emulator.Isolation.Native.Libc.Open("/", 0);
        Assert.True(careless > 2);

        var result = await fixture.Sandbox.RunAsync("exec ls /proc/self/fd");

        // The last one is ls reading the directory.
        Assert.Equal("0\n1\n2\n3\n", result.Output);
        new Microsoft.Win32.SafeHandles.SafeFileHandle(careless, ownsHandle: true).Dispose();
    }

    [Fact]
    public async Task Start_OfACommand_LeavesNoSignalIgnored()
    {
        // Where SIGPIPE is ignored, yes complains that it cannot write.
        var result = await fixture.Sandbox.RunAsync("yes | head -n 1; grep SigIgn /proc/self/status | cut -f 2");

        var lines = result.Output.Split('\n');
        Assert.Equal("", result.Error);
        Assert.Equal("y", lines[0]);

        // The C library keeps two signals beyond the first 31 to itself.
        Assert.Equal(0UL, ulong.Parse(lines[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 0x7fff_ffff);
    }

    [Fact]
    public async Task StandardInput_Written_ComesBackUntilItIsClosed()
    {
        var sent = RandomNumberGenerator.GetBytes(3_000_000);
        await using var process = fixture.Sandbox.Start(new ProcessSpec { Arguments = ["cat"] });

        var writing = Task.Run(async () =>
        {
            await process.StandardInput.WriteAsync(sent, TestTimeout.Token);
            await process.StandardInput.DisposeAsync();
        });
        using var received = new MemoryStream();
        await process.StandardOutput.CopyToAsync(received, TestTimeout.Token);
        await writing;

        Assert.Equal(0, await process.Exit.WaitAsync(TestTimeout.Token));
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task StandardStreams_With64MiBEach_LoseNothing()
    {
        const long Size = 64 << 20;
        await using var process = fixture.Sandbox.Start(
            new ProcessSpec { Arguments = ["sh", "-c", $"seq 1 9999999 | head -c {Size} & seq 2 9999999 | head -c {Size} >&2; wait"] });

        var output = SHA256.HashDataAsync(process.StandardOutput, TestTimeout.Token).AsTask();
        var error = SHA256.HashDataAsync(process.StandardError, TestTimeout.Token).AsTask();

        Assert.Equal(HashNumbers(1, Size), await output);
        Assert.Equal(HashNumbers(2, Size), await error);
        Assert.Equal(0, await process.Exit.WaitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task StandardOutput_WithErrorMerged_KeepsTheOrder()
    {
        var result = await fixture.Sandbox.RunAsync(new ProcessSpec
        {
            Arguments = ["sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo out $i; echo err $i >&2; i=$((i + 1)); done"],
            MergeErrorIntoOutput = true,
        });

        Assert.Equal(string.Concat(Enumerable.Range(0, 2000).Select(static i => $"out {i}\nerr {i}\n")), result.Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public async Task Exit_WithAChildThatKeepsTheOutputOpen_DoesNotWaitForIt()
    {
        await using var process = fixture.Sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", "exec 3<&0; (read -r line <&3; echo late $line) & exit 5"] });

        Assert.Equal(5, await process.Exit.WaitAsync(TestTimeout.Token));
        await process.StandardInput.WriteAsync("word\n"u8.ToArray(), TestTimeout.Token);

        Assert.Equal("late word", await process.ReadLineAsync());
        Assert.Null(await process.ReadLineAsync());
    }

    [Fact]
    public async Task Kill_OfATree_EndsAllOfIt()
    {
        await using var process = fixture.Sandbox.Start(
            new ProcessSpec { Arguments = ["sh", "-c", "trap '' TERM INT; sleep 600 & (sleep 600; echo no) & echo started; wait; echo no"] });
        Assert.Equal("started", await process.ReadLineAsync());

        var watch = Stopwatch.StartNew();
        process.Kill();

        Assert.Equal(137, await process.Exit.WaitAsync(TestTimeout.Token));
        Assert.Null(await process.ReadLineAsync());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Kill_RightAfterTheStart_EndsTheCommand()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var process = fixture.Sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", "sleep 600 & wait"] });
            process.Kill();

            Assert.Equal(137, await process.Exit.WaitAsync(TestTimeout.Token));
            Assert.Null(await process.ReadLineAsync());
        }
    }

    [Fact]
    public async Task Kill_OfAStoppedCommand_EndsIt()
    {
        await using var process = fixture.Sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", "echo started; while :; do kill -STOP $$; done"] });
        Assert.Equal("started", await process.ReadLineAsync());

        process.Kill();

        Assert.Equal(137, await process.Exit.WaitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Exit_OfACommandThatWasStoppedAndContinued_IsItsCode()
    {
        var result = await fixture.Sandbox.RunAsync("(while kill -CONT $$; do sleep 0.01; done) 2>/dev/null & kill -STOP $$; exit 3");

        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public async Task Kill_AfterTheExit_DoesNothing()
    {
        await using var process = fixture.Sandbox.Start(new ProcessSpec { Arguments = ["true"] });
        Assert.Equal(0, await process.Exit.WaitAsync(TestTimeout.Token));

        process.Kill();
        process.Kill();
    }

    [Fact]
    public async Task DisposeAsync_OfALiveCommand_EndsIt()
    {
        var process = fixture.Sandbox.Start(new ProcessSpec { Arguments = ["sleep", "600"] });

        await process.DisposeAsync();
        await process.DisposeAsync();

        Assert.Equal(137, await process.Exit.WaitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Start_Of64CommandsAtOnce_KeepsThemApart()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => fixture.Sandbox.RunAsync("echo out $1; echo err $1 >&2; exit $1", $"{i}")));

        Assert.Equal(Enumerable.Range(0, 64).Select(static i => new CommandResult(i, $"out {i}\n", $"err {i}\n")), results);
    }

    [Fact]
    public async Task Start_Of200IdleCommands_TakesNoThreadsForThem()
    {
        var before = Process.GetCurrentProcess().Threads.Count;
        var processes = Enumerable.Range(0, 200).Select(_ => fixture.Sandbox.Start(new ProcessSpec { Arguments = ["cat"] })).ToList();
        var reads = processes.Select(static process => process.StandardOutput.ReadAsync(new byte[100]).AsTask()).ToList();

        // Every command runs, and every read waits.
        foreach (var process in processes)
        {
            await process.StandardInput.WriteAsync("x"u8.ToArray(), TestTimeout.Token);
        }

        await Task.WhenAll(reads).WaitAsync(TestTimeout.Token);
        reads = [.. processes.Select(static process => process.StandardOutput.ReadAsync(new byte[100]).AsTask())];
        var during = Process.GetCurrentProcess().Threads.Count;
        foreach (var process in processes)
        {
            await process.StandardInput.DisposeAsync();
        }

        Assert.All(await Task.WhenAll(reads).WaitAsync(TestTimeout.Token), static count => Assert.Equal(0, count));
        Assert.InRange(during - before, int.MinValue, 50);
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }
    }

    private static byte[] HashNumbers(int first, long size)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var left = size;
        for (var i = first; left > 0; i++)
        {
            var line = Encoding.ASCII.GetBytes($"{i}\n");
            var count = (int)Math.Min(left, line.Length);
            hash.AppendData(line, 0, count);
            left -= count;
        }

        return hash.GetHashAndReset();
    }
}
