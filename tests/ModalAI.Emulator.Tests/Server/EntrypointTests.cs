using System.Text;
using Google.Protobuf;
using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

/// <summary>The streams of a sandbox's command on V1: entries to resume at, writes by number.</summary>
public sealed class EntrypointTests(EntrypointTests.Fixture fixture) : IClassFixture<EntrypointTests.Fixture>
{
    private readonly EmulatorConnection _connection = fixture.Connection;

    [Fact]
    public async Task GetLogs_FromAnEntry_GoesOnWhereThatEnded()
    {
        var sandbox = await CreateAsync("sh", "-c", "printf 'a€b'; read x; printf 'c'");
        var first = (await ReadAsync(sandbox, "0-0", batches: 1)).Single();
        await WriteAsync(sandbox, 1, "\n");

        var rest = await ReadAsync(sandbox, first.EntryId);

        Assert.Equal("a€b", Text([first]));
        Assert.Equal("c", Text(rest));
        Assert.True(rest[^1].Eof);
        Assert.All(rest.SkipLast(1), batch => Assert.False(batch.Eof));
        Assert.Equal("a€bc", Text(await ReadAsync(sandbox, "0-0")));
        Assert.Equal("", Text(await ReadAsync(sandbox, rest[^1].EntryId)));
    }

    [Fact]
    public async Task GetLogs_TimeIsOver_EndsWithoutAnEndOfTheOutput()
    {
        var sandbox = await CreateAsync("cat");

        Assert.Empty(await ReadAsync(sandbox, "0-0", timeout: 0.2f));

        await WriteAsync(sandbox, 1, "", eof: true);
    }

    [Theory]
    [InlineData("0", StatusCode.InvalidArgument)]
    [InlineData("x-0", StatusCode.InvalidArgument)]
    [InlineData("-1-0", StatusCode.InvalidArgument)]
    [InlineData("999-0", StatusCode.OutOfRange)]
    internal async Task GetLogs_FromAnEntryThatIsNone_IsRefused(string entryId, StatusCode expected)
    {
        var sandbox = await CreateAsync("true");

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync(sandbox, entryId))).StatusCode);
    }

    [Fact]
    public async Task GetLogs_OfNoStream_IsRefusedByName()
    {
        var sandbox = await CreateAsync("true");

        var exception = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(sandbox, "0-0", descriptor: ModalAI.Protocol.FileDescriptor.Info));

        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
        Assert.Contains("logs", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StdinWrite_Repeated_IsTakenOnce()
    {
        var sandbox = await CreateAsync("cat");

        await WriteAsync(sandbox, 1, "one ");
        await WriteAsync(sandbox, 1, "one ");
        await WriteAsync(sandbox, 2, "two");
        await WriteAsync(sandbox, 2, "two");
        await WriteAsync(sandbox, 3, "", eof: true);

        Assert.Equal("one two", Text(await ReadAsync(sandbox, "0-0")));
    }

    [Fact]
    public async Task StdinWrite_WithAGapOrNoNumber_IsRefused()
    {
        var sandbox = await CreateAsync("cat");

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => WriteAsync(sandbox, 2, "two"))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => WriteAsync(sandbox, 0, "none"))).StatusCode);
        await WriteAsync(sandbox, 1, "", eof: true);
        Assert.Equal("", Text(await ReadAsync(sandbox, "0-0")));
    }

    [Fact]
    public async Task StdinWrite_AfterTheEnd_IsRefused()
    {
        var sandbox = await CreateAsync("true");
        await ReadAsync(sandbox, "0-0");
        await _connection.Control.SandboxWaitAsync(new SandboxWaitRequest { SandboxId = sandbox, Timeout = 30 }, EmulatorConnection.Call());

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => WriteAsync(sandbox, 1, "late"))).StatusCode);
    }

    [Theory]
    [InlineData(70_000u, 80u)]
    [InlineData(24u, 70_000u)]
    public async Task Pty_LargerThanATerminalCanBe_IsRefused(uint rows, uint columns)
    {
        var definition = await _connection.DefineAsync();
        definition.PtyInfo = new PTYInfo { Enabled = true, WinszRows = rows, WinszCols = columns };

        await EmulatorConnection.FailsAsync(
            StatusCode.InvalidArgument,
            _connection.Control.SandboxCreateAsync(
                new SandboxCreateRequest { AppId = await _connection.CreateAppAsync(), Definition = definition }, EmulatorConnection.Call()));
    }

    private static string Text(IEnumerable<TaskLogsBatch> batches) => string.Concat(batches.SelectMany(batch => batch.Items).Select(item => item.Data));

    private async Task<string> CreateAsync(params string[] command)
    {
        var definition = await _connection.DefineAsync();
        definition.EntrypointArgs.Add(command);
        var request = new SandboxCreateRequest { AppId = await _connection.CreateAppAsync(), Definition = definition };
        return (await _connection.Control.SandboxCreateAsync(request, EmulatorConnection.Call())).SandboxId;
    }

    private async Task WriteAsync(string sandbox, uint index, string text, bool eof = false) =>
        await _connection.Control.SandboxStdinWriteAsync(
            new SandboxStdinWriteRequest { SandboxId = sandbox, Input = ByteString.CopyFrom(text, Encoding.UTF8), Index = index, Eof = eof }, EmulatorConnection.Call());

    private async Task<List<TaskLogsBatch>> ReadAsync(
        string sandbox,
        string entryId,
        float timeout = 55,
        int batches = int.MaxValue,
        ModalAI.Protocol.FileDescriptor descriptor = ModalAI.Protocol.FileDescriptor.Stdout)
    {
        using var call = _connection.Control.SandboxGetLogs(
            new SandboxGetLogsRequest { SandboxId = sandbox, FileDescriptor = descriptor, Timeout = timeout, LastEntryId = entryId }, EmulatorConnection.Call());
        var read = new List<TaskLogsBatch>();
        while (read.Count < batches && await call.ResponseStream.MoveNext(TestTimeout.Token))
        {
            read.Add(call.ResponseStream.Current);
        }

        return read;
    }

    /// <summary>One emulator for all tests of the class.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal EmulatorConnection Connection { get; private set; } = null!;

        public async Task InitializeAsync() => Connection = await EmulatorConnection.StartAsync();

        public async Task DisposeAsync() => await Connection.DisposeAsync();
    }
}
