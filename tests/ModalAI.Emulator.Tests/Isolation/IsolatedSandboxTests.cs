using System.Diagnostics;
using System.Globalization;
using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>How sandboxes end, and that nothing of them is left.</summary>
[Collection(SharedIsolation.Name)]
public sealed class IsolatedSandboxTests(IsolationFixture fixture)
{
    /// <summary>Leaves three processes that try to live on, says so, and ends.</summary>
    private const string Stubborn =
        "trap '' TERM HUP INT; (setsid sh -c 'trap \"\" TERM; sleep 600' & ) ; setsid setsid sleep 601 & "
        + "sh -c 'trap \"\" TERM HUP; sleep 602 & echo ready; wait' & wait";

    [Fact]
    public async Task DisposeAsync_WithStubbornProcesses_LeavesNoProcessMountOrFile()
    {
        var sandbox = await fixture.CreateAsync();
        using var pidNamespace = new PidNamespace(sandbox.InitProcessId);
        var process = sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", Stubborn] });
        Assert.Equal("ready", await process.ReadLineAsync());
        Assert.NotEmpty(pidNamespace.FindProcesses());

        var watch = Stopwatch.StartNew();
        await sandbox.DisposeAsync();

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.True(sandbox.Exited.IsCompleted);
        Assert.Empty(pidNamespace.FindProcesses());
        Assert.Equal(137, await process.Exit.WaitAsync(TestTimeout.Token));
        Assert.False(fixture.HasFilesOf(sandbox.Id));
        Assert.DoesNotContain(fixture.StateDirectory, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        await process.DisposeAsync();
        await sandbox.DisposeAsync();
    }

    [Fact]
    public async Task DisposeAsync_WithFilesThatResistRemoval_RemovesThem()
    {
        var sandbox = await fixture.CreateAsync();
        await sandbox.RunAsync(
            "mkdir -p /a/b/c; touch /a/b/c/file \"/a/$(printf '\\377\\376')\" '/a/new\nline'; ln -s / /a/root; chmod 000 /a/b/c /a/b; "
            + "d=/deep; for i in $(seq 1 60); do d=$d/$(printf 'x%.0s' $(seq 1 200)); mkdir -p $d 2>/dev/null || break; done; rm /etc/passwd");

        await sandbox.DisposeAsync();

        Assert.False(fixture.HasFilesOf(sandbox.Id));
    }

    [Fact]
    public async Task Start_AfterTheEnd_SaysThatTheSandboxIsGone()
    {
        var sandbox = await fixture.CreateAsync();
        await sandbox.DisposeAsync();

        var exception = Assert.Throws<ProcessStartException>(() => sandbox.Start(new ProcessSpec { Arguments = ["true"] }));

        Assert.Equal(ProcessStartFailure.SandboxGone, exception.Failure);
        Assert.Contains(sandbox.Id, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exited_WhenTheFirstProcessIsKilledFromOutside_Completes()
    {
        await using var sandbox = await fixture.CreateAsync();
        var process = sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", "echo started; sleep 600"] });
        Assert.Equal("started", await process.ReadLineAsync());

        using (var init = Process.GetProcessById(sandbox.InitProcessId))
        {
            init.Kill();
        }

        await sandbox.Exited.WaitAsync(TestTimeout.Token);
        Assert.Equal(137, await process.Exit.WaitAsync(TestTimeout.Token));
        var exception = Assert.Throws<ProcessStartException>(() => sandbox.Start(new ProcessSpec { Arguments = ["true"] }));
        Assert.Equal(ProcessStartFailure.SandboxGone, exception.Failure);
        await process.DisposeAsync();
    }

    [Fact]
    public async Task Start_WhileTheSandboxEnds_RunsOrSaysThatItIsGone()
    {
        var sandbox = await fixture.CreateAsync();
        var starts = Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            try
            {
                return (await sandbox.RunAsync("exit 0")).ExitCode;
            }
            catch (ProcessStartException exception) when (exception.Failure == ProcessStartFailure.SandboxGone)
            {
                return -1;
            }
        })).ToList();

        await Task.WhenAny(starts);
        await sandbox.DisposeAsync();

        // 1: a plain user's nsenter that found the namespaces gone.
        Assert.All(await Task.WhenAll(starts), static code => Assert.Contains(code, new[] { 0, -1, 137, 1 }));
    }

    [Fact]
    public async Task Emulator_Killed_TakesItsSandboxesWithIt()
    {
        var state = Directory.CreateTempSubdirectory("modalai-tests-").FullName;
        using var child = ChildHost.Start([], state, Stubborn);
        var init = int.Parse((await child.StandardOutput.ReadLineAsync(TestTimeout.Token))!, CultureInfo.InvariantCulture);
        using var pidNamespace = new PidNamespace(init);
        Assert.NotEmpty(pidNamespace.FindProcesses());
        var end = HostProcesses.WaitForEndAsync(init);

        child.Kill();

        // PID 1 ends last of all.
        Assert.True(await end);
        Assert.Empty(pidNamespace.FindProcesses());
        await SandboxFiles.RemoveAsync(state, TestTimeout.Token);
        Assert.False(Directory.Exists(state));
    }
}
