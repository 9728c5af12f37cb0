using System.Net;
using System.Net.Sockets;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

public sealed class ModalEmulatorTests : IDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("modalai-tests-");

    public void Dispose() => _state.Delete(recursive: true);

    [Fact]
    public async Task Emulators_SideBySide_KnowNothingOfEachOther()
    {
        await using var one = await EmulatorConnection.StartAsync();
        await using var two = await EmulatorConnection.StartAsync();

        var task = await one.CreateAsync();
        await two.CreateAsync();

        Assert.NotEqual(one.Emulator.ServerUrl, two.Emulator.ServerUrl);
        Assert.Equal(task.SandboxId, Assert.Single(one.Emulator.Ledger.LiveSandboxes));
        Assert.Equal("one\n", await task.ReadTextAsync(await task.ExecAsync("echo", "one")));
    }

    [Fact]
    public async Task Dispose_WithEverythingInUse_LeavesNothing()
    {
        var connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { StateDirectory = _state.FullName });
        var task = await connection.CreateAsync();
        var execId = await task.ExecAsync("sh", "-c", "head -c 1000000 /dev/zero; exec sleep 600");
        using (var output = task.OpenOutput(execId))
        {
            Assert.True(await output.ResponseStream.MoveNext(TestTimeout.Token));
        }

        Assert.NotEmpty(_state.EnumerateDirectories());
        await connection.DisposeAsync();

        Assert.Empty(connection.Emulator.Ledger.LiveSandboxes);
        Assert.Empty(connection.Emulator.Ledger.LiveProcesses);
        Assert.Empty(_state.EnumerateFileSystemInfos());
        using var socket = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () => await socket.ConnectAsync(IPAddress.Loopback, new Uri(connection.Emulator.ServerUrl).Port, TestTimeout.Token));
    }

    [Fact]
    public async Task Start_OnAPortThatIsTaken_FailsAndLeavesNothing()
    {
        await using var first = await EmulatorConnection.StartAsync();
        var options = new ModalEmulatorOptions { Port = new Uri(first.Emulator.ServerUrl).Port, StateDirectory = _state.FullName };

        await Assert.ThrowsAnyAsync<IOException>(() => ModalEmulator.StartAsync(options, TestTimeout.Token));

        Assert.Empty(_state.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task Start_NextToACrashedOnesFolder_RemovesItAndLeavesThoseInUse()
    {
        var abandoned = _state.CreateSubdirectory("modal-emulator-0123456789abcdef");
        await File.WriteAllTextAsync(Path.Combine(abandoned.FullName, "lock"), "");
        abandoned.CreateSubdirectory("volumes");
        await using var first = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { StateDirectory = _state.FullName });
        await using var second = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { StateDirectory = _state.FullName });

        Assert.False(Directory.Exists(abandoned.FullName));
        Assert.Equal(2, _state.EnumerateDirectories().Count());
    }

    [Theory]
    [InlineData(nameof(ModalEmulatorOptions.Port))]
    [InlineData(nameof(ModalEmulatorOptions.DelayPerRpc))]
    [InlineData(nameof(ModalEmulatorOptions.TokenLifetime))]
    [InlineData(nameof(ModalEmulatorOptions.MaxOutputBytes))]
    [InlineData(nameof(ModalEmulatorOptions.MaxEndedSandboxes))]
    [InlineData(nameof(ModalEmulatorOptions.Images))]
    public async Task Option_WithAValueThatIsNotAllowed_IsRefusedByName(string option)
    {
        var options = new ModalEmulatorOptions();
        switch (option)
        {
            case nameof(ModalEmulatorOptions.Port): options.Port = 70000; break;
            case nameof(ModalEmulatorOptions.DelayPerRpc): options.DelayPerRpc = TimeSpan.FromSeconds(-1); break;
            case nameof(ModalEmulatorOptions.TokenLifetime): options.TokenLifetime = TimeSpan.Zero; break;
            case nameof(ModalEmulatorOptions.MaxOutputBytes): options.MaxOutputBytes = 0; break;
            case nameof(ModalEmulatorOptions.MaxEndedSandboxes): options.MaxEndedSandboxes = -1; break;
            default: options.Images["debian:12"] = "/no/such/directory"; break;
        }

        var exception = await Assert.ThrowsAsync<ArgumentException>(() => ModalEmulator.StartAsync(options, TestTimeout.Token));

        Assert.Equal(option, exception.ParamName);
        Assert.Contains(option, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--port", "seven")]
    [InlineData("--port", "70000")]
    [InlineData("--no-such-option")]
    [InlineData("--image", "without-a-directory")]
    [InlineData("--image", "debian:12=/no/such/directory")]
    [InlineData("--delay-ms", "-5")]
    public async Task Program_WithBadArguments_EndsWith2(params string[] arguments)
        => Assert.Equal(2, await EmulatorProgram.RunAsync(arguments, TestTimeout.Token));

    [Fact]
    public async Task Program_AskedForHelp_EndsWith0() => Assert.Equal(0, await EmulatorProgram.RunAsync(["--help"], TestTimeout.Token));
}
