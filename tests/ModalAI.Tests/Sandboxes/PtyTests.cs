using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

public sealed class PtyTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Command_OnATerminal_HasOneOfTheGivenSizeAndKind()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("tty && stty size && echo $TERM $COLORTERM $TERM_PROGRAM; echo error >&2; exit 4") with
            {
                Pty = new ModalPty { Rows = 50, Columns = 132, Term = "vt100", ColorTerm = "", TermProgram = "tests" },
            },
            TestTimeout.Token);

        Assert.Equal((4, "/dev/pts/0\r\n50 132\r\nvt100 tests\r\nerror\r\n", ""), (result.ExitCode, result.StandardOutput, result.StandardError));
    }

    [Fact]
    public async Task Process_OnATerminal_IsInterruptedByCtrlC()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(
            ModalCommand.Shell("echo ready; exec sleep 600") with { Pty = new ModalPty() }, TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput, Encoding.UTF8);
        Assert.Equal("ready", await output.ReadLineAsync(TestTimeout.Token));

        await process.StandardInput.WriteAsync("\u0003"u8.ToArray(), TestTimeout.Token);

        Assert.Equal(130, await process.WaitForExitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Command_OnATerminalWithInput_IsToldOfItsEnd()
    {
        await using var lifetime = await CreateSandboxAsync();

        var result = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("stty -echo; cat") with { Pty = new ModalPty(), StandardInput = new MemoryStream("line\nrest"u8.ToArray()), Timeout = TimeSpan.FromSeconds(60) },
            TestTimeout.Token);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("line\r\nrest", result.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sandbox_OnATerminal_HasOneForItsOwnCommand()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Command = ["sh", "-c", "tty; stty size; exit 2"], Pty = new ModalPty { Rows = 10, Columns = 20 } });
        using var output = new StreamReader(lifetime.Sandbox.StandardOutput);

        Assert.Equal("/dev/pts/0\r\n10 20\r\n", await output.ReadToEndAsync(TestTimeout.Token));
        Assert.Equal(2, (await lifetime.Sandbox.WaitAsync(TestTimeout.Token)).ExitCode);
    }

    [Theory]
    [InlineData(0, 80)]
    [InlineData(24, -1)]
    [InlineData(65536, 80)]
    public async Task Pty_OfASizeThatCannotBe_IsAnInvalidArgument(int rows, int columns)
    {
        var pty = new ModalPty { Rows = rows, Columns = columns };
        await using var lifetime = await CreateSandboxAsync();

        var command = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.ExecuteAsync(ModalCommand.Shell("true") with { Pty = pty }, TestTimeout.Token));
        var sandbox = await Assert.ThrowsAsync<ModalException>(() => CreateSandboxAsync(options => options with { Pty = pty }));

        Assert.All([command, sandbox], exception => Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code));
        Assert.All([command, sandbox], exception => Assert.Contains($"{rows} rows and {columns} columns", exception.Message, StringComparison.Ordinal));
    }
}
