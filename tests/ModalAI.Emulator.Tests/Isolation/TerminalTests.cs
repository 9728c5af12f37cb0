using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

[Collection(SharedIsolation.Name)]
public sealed class TerminalTests(IsolationFixture fixture)
{
    private static readonly TerminalSize Size = new(33, 111);

    [SkippableTheory]
    [InlineData(IsolationTier.IdmappedRoot)]
    [InlineData(IsolationTier.PlainRoot)]
    [InlineData(IsolationTier.User)]
    internal async Task Start_OnATerminal_HasItWhateverTheIsolation(IsolationTier tier)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess || tier == IsolationTier.User, "Root tiers need root.");
        var state = Directory.CreateTempSubdirectory("modalai-tests-");
        try
        {
            await using var host = await StartHostAsync(state, tier);
            await using var sandbox = await host.CreateAsync(new SandboxSpec { Id = "terminal" }, TestTimeout.Token);

            var result = await RunAsync(sandbox, "tty; stty size; stat -c %u $(tty); echo written >$(tty); exec 3<>/dev/tty && echo mine >&3; exit 7");

            Assert.Equal((7, "/dev/pts/0\r\n33 111\r\n0\r\nwritten\r\nmine\r\n"), (result.ExitCode, result.Output));
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Start_OnATerminal_CannotBeLedElsewhere()
    {
        await using var sandbox = await fixture.CreateAsync();

        // Whatever a sandbox puts there: the terminals were taken hold of before anything ran in it.
        await sandbox.RunAsync("umount /dev/pts; mount -t tmpfs none /dev/pts && mkdir /dev/pts/x && ln -s /etc/passwd /dev/pts/ptmx && ln -s /etc/passwd /dev/pts/0");
        var result = await RunAsync(sandbox, "test -t 0 && stty size");

        Assert.Equal((0, "33 111\r\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Start_OnATerminal_SeesNoTerminalOfTheComputer()
    {
        await using var sandbox = await fixture.CreateAsync();

        var result = await RunAsync(sandbox, "ls /dev/pts");

        Assert.Equal("0  ptmx\r\n", result.Output);
    }

    [Fact]
    public async Task Kill_OnATerminal_EndsTheCommandAndItsOutput()
    {
        await using var sandbox = await fixture.CreateAsync();
        await using var process = sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", "echo ready; sleep 600"], Terminal = Size });
        Assert.Equal("ready\r", await process.ReadLineAsync());

        process.Kill();

        Assert.Equal(137, await process.Exit.WaitAsync(TestTimeout.Token));
        Assert.Null(await process.ReadLineAsync());
    }

    [Fact]
    public async Task Dispose_OfASandboxWithTerminals_EndsThemAll()
    {
        var sandbox = await fixture.CreateAsync();
        var processes = Enumerable.Range(0, 5).Select(_ => sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", "trap '' HUP INT TERM; echo ready; sleep 600"], Terminal = Size })).ToList();
        foreach (var process in processes)
        {
            Assert.Equal("ready\r", await process.ReadLineAsync());
        }

        await sandbox.DisposeAsync();

        foreach (var process in processes)
        {
            Assert.Null(await process.ReadLineAsync());
            await process.DisposeAsync();
        }
    }

    [Fact]
    public async Task Start_OnManyTerminalsOneAfterTheOther_GivesEachBack()
    {
        await using var sandbox = await fixture.CreateAsync();
        for (var round = 0; round < 30; round++)
        {
            Assert.Equal(0, (await RunAsync(sandbox, "true")).ExitCode);
        }

        // The numbers of terminals that are gone are free again.
        var number = (await RunAsync(sandbox, "tty")).Output.Trim();
        Assert.InRange(int.Parse(number["/dev/pts/".Length..], System.Globalization.CultureInfo.InvariantCulture), 0, 5);
    }

    private static async Task<SandboxHost> StartHostAsync(DirectoryInfo state, IsolationTier tier)
    {
        try
        {
            return await SandboxHost.StartAsync(state.FullName, [tier], NullLoggerFactory.Instance, TestTimeout.Token);
        }
        catch (IsolationUnavailableException exception)
        {
            Skip.If(true, exception.Message);
            throw;
        }
    }

    private static async Task<CommandResult> RunAsync(IsolatedSandbox sandbox, string script)
    {
        await using var process = sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", script], Terminal = Size });
        using var reader = new StreamReader(process.StandardOutput);
        var output = await reader.ReadToEndAsync(TestTimeout.Token);
        return new CommandResult(await process.Exit.WaitAsync(TestTimeout.Token), output, "");
    }
}
