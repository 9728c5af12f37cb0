using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

public sealed class RouterTests(RouterTests.Fixture fixture) : IClassFixture<RouterTests.Fixture>
{
    private readonly EmulatorConnection _connection = fixture.Connection;
    private readonly SandboxTask _task = fixture.Sandbox;

    [Fact]
    public async Task Start_RepeatedWithTheSameId_RunsTheCommandOnce()
    {
        var execId = SandboxTask.NewExecId();
        var start = _task.Start(execId, "sh", "-c", "echo run >> /tmp/runs; cat /tmp/runs");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => await _connection.Router.TaskExecStartAsync(start, _task.Call())));
        await _task.WaitAsync(execId);
        await _connection.Router.TaskExecStartAsync(start, _task.Call());

        Assert.Equal("run\n", await _task.ReadTextAsync(execId));
    }

    [Fact]
    public async Task ReadWaitAndWrite_SentBeforeTheStart_AreHeldForIt()
    {
        var execId = SandboxTask.NewExecId();
        var reading = _task.ReadTextAsync(execId);
        var waiting = _task.WaitAsync(execId);
        var writing = _task.WriteAsync(execId, 0, "early", eof: true);

        await _connection.Router.TaskExecStartAsync(_task.Start(execId, "cat"), _task.Call());

        await writing;
        Assert.Equal("early", await reading);
        Assert.Equal(0, (await waiting).Code);
    }

    [Fact]
    public async Task Read_OfAnExecThatNeverStarts_IsNotFoundInTheEnd()
        => Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => _task.ReadAsync(SandboxTask.NewExecId()))).StatusCode);

    [Fact]
    public async Task Read_BeforeTheStartOnAStricterServer_IsNotFoundAtOnce()
    {
        await using var strict = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { AllowReadsAheadOfStart = false });
        var task = await strict.CreateAsync();
        var execId = SandboxTask.NewExecId();

        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => task.ReadAsync(execId))).StatusCode);
        await strict.Router.TaskExecStartAsync(task.Start(execId, "echo", "now"), task.Call());
        Assert.Equal("now\n", await task.ReadTextAsync(execId));
    }

    [Fact]
    public async Task Start_ThatFails_TellsThoseWhoWaitForIt()
    {
        var execId = SandboxTask.NewExecId();
        var waiting = _task.WaitAsync(execId);
        var start = _task.Start(execId, "true");
        start.Workdir = "/not/there";

        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, _connection.Router.TaskExecStartAsync(start, _task.Call()));

        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => waiting)).StatusCode);
    }

    [Fact]
    public async Task Output_LongerThanMemory_IsReadFromAnyOffsetByAnyNumberOfReaders()
    {
        var execId = await _task.ExecAsync("sh", "-c", "seq 1 50000; exec sleep 0");
        var live = await _task.ReadAsync(execId);

        Assert.Equal(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 50000).Select(i => $"{i}\n"))), live);
        ulong[] offsets = [0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 200_000, (ulong)live.Length];
        var readers = await Task.WhenAll(offsets.Select(offset => _task.ReadAsync(execId, offset)));
        Assert.All(offsets.Zip(readers), pair => Assert.Equal(SHA256.HashData(live.AsSpan((int)pair.First)), SHA256.HashData(pair.Second)));
    }

    [Fact]
    public async Task Output_FromBeyondItsEnd_IsOutOfRange()
    {
        var execId = await _task.ExecAsync("echo", "short");
        await _task.WaitAsync(execId);
        await _task.ReadAsync(execId);

        Assert.Equal(StatusCode.OutOfRange, (await Assert.ThrowsAsync<RpcException>(() => _task.ReadAsync(execId, 100))).StatusCode);
    }

    [Fact]
    public async Task Output_LongerThanTheLimit_IsKeptUpToItAndEndsTheCommand()
    {
        var execId = await _task.ExecAsync("sh", "-c", "yes | head -c 3000000; sleep 600");
        using var call = _task.OpenOutput(execId);
        var bytes = 0;

        var exception = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(TestTimeout.Token))
            {
                bytes += call.ResponseStream.Current.Data.Length;
            }
        });

        Assert.Equal(1024 * 1024, bytes);
        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        Assert.Equal(137, (await _task.WaitAsync(execId)).Code);
    }

    [Fact]
    public async Task StandardError_SentToStandardOutput_IsInOneStream()
    {
        var execId = SandboxTask.NewExecId();
        var start = _task.Start(execId, "sh", "-c", "echo a; echo b >&2; echo c");
        start.StderrConfig = TaskExecStderrConfig.Stdout;
        await _connection.Router.TaskExecStartAsync(start, _task.Call());

        Assert.Equal("a\nb\nc\n", await _task.ReadTextAsync(execId));
        var exception = await Assert.ThrowsAsync<RpcException>(() => _task.ReadAsync(execId, 0, TaskExecStdioFileDescriptor.Stderr));
        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
    }

    [Fact]
    public async Task Timeout_OfACommand_EndsItAndItsChildrenBySignal9()
    {
        var execId = SandboxTask.NewExecId();
        var start = _task.Start(execId, "sh", "-c", "echo before; sleep 7654; echo after");
        start.TimeoutSecs = 1;
        await _connection.Router.TaskExecStartAsync(start, _task.Call());

        Assert.Equal(9, (await _task.WaitAsync(execId)).Signal);
        Assert.Equal("before\n", await _task.ReadTextAsync(execId));
        Assert.DoesNotContain("7654", await _task.ReadTextAsync(await _task.ExecAsync("sh", "-c", "cat /proc/[0-9]*/cmdline")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_RepeatedOrOverlapping_IsTakenOnce()
    {
        var execId = await _task.ExecAsync("cat");
        await _task.WriteAsync(execId, 0, "hello ");
        await _task.WriteAsync(execId, 0, "hello ");
        await _task.WriteAsync(execId, 3, "lo world");
        var gap = await Assert.ThrowsAsync<RpcException>(() => _task.WriteAsync(execId, 50, "far"));
        var status = await _task.GetInputStatusAsync(execId);
        await _task.WriteAsync(execId, 0, "", eof: true);
        await _task.WriteAsync(execId, 11, "", eof: true);

        Assert.Equal(StatusCode.FailedPrecondition, gap.StatusCode);
        Assert.Equal(11ul, status.NumBytesWritten);
        Assert.False(status.Closed);
        Assert.Equal("hello world", await _task.ReadTextAsync(execId));
        Assert.True((await _task.GetInputStatusAsync(execId)).Closed);
    }

    [Fact]
    public async Task Write_AfterTheEndOfInput_IsRefused()
    {
        var execId = await _task.ExecAsync("sh", "-c", "cat; sleep 600");
        await _task.WriteAsync(execId, 0, "all", eof: true);

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _task.WriteAsync(execId, 3, "more"))).StatusCode);
        await _task.WriteAsync(execId, 0, "all");
    }

    [Fact]
    public async Task WriteStream_ThatBreaks_GoesOnWhereTheStatusSays()
    {
        var execId = await _task.ExecAsync("cat");
        using var output = _task.OpenOutput(execId);
        using (var broken = _connection.Router.TaskExecStdinWriteStream(_task.Call()))
        {
            await broken.RequestStream.WriteAsync(StreamStart(execId, 0));
            await broken.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFromUtf8("first ") });
            Assert.True(await output.ResponseStream.MoveNext(TestTimeout.Token));
        }

        var status = await _task.GetInputStatusAsync(execId);
        Assert.Equal(6ul, status.NumBytesWritten);
        Assert.False(status.Closed);

        using var resumed = _connection.Router.TaskExecStdinWriteStream(_task.Call());
        await resumed.RequestStream.WriteAsync(StreamStart(execId, status.NumBytesWritten));
        await resumed.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFromUtf8("second") });
        await resumed.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { End = new TaskExecStdinWriteStreamEnd() });
        await resumed.RequestStream.CompleteAsync();
        await resumed;

        Assert.Equal("first second", await _task.ReadTextAsync(execId));
    }

    [Fact]
    public async Task WriteStream_WithAWrongBeginning_IsRefused()
    {
        var execId = await _task.ExecAsync("cat");
        using var withoutStart = _connection.Router.TaskExecStdinWriteStream(_task.Call());
        await withoutStart.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFromUtf8("x") });
        using var tooFar = _connection.Router.TaskExecStdinWriteStream(_task.Call());
        await tooFar.RequestStream.WriteAsync(StreamStart(execId, 5));

        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await withoutStart)).StatusCode);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await tooFar)).StatusCode);
    }

    [Fact]
    public async Task WriteStream_WhileItRuns_IsEndedByAStatus()
    {
        var execId = await _task.ExecAsync("cat");
        using var output = _task.OpenOutput(execId);
        using var stream = _connection.Router.TaskExecStdinWriteStream(_task.Call());
        await stream.RequestStream.WriteAsync(StreamStart(execId, 0));
        await stream.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFromUtf8("seen") });
        Assert.True(await output.ResponseStream.MoveNext(TestTimeout.Token));

        Assert.Equal(4ul, (await _task.GetInputStatusAsync(execId)).NumBytesWritten);
        Assert.Equal(StatusCode.Aborted, (await Assert.ThrowsAsync<RpcException>(async () => await stream)).StatusCode);
    }

    [Fact]
    public async Task Write_ThatNobodyReads_WaitsAndIsEitherTakenOrNot()
    {
        var execId = await _task.ExecAsync("sh", "-c", "read line; wc -c");
        var chunk = new byte[2 * 1024 * 1024];
        var offset = 0ul;
        using var impatient = new CancellationTokenSource();
        var last = Task.CompletedTask;
        for (var writes = 0; writes < 2; writes++)
        {
            last = _connection.Router.TaskExecStdinWriteAsync(
                new TaskExecStdinWriteRequest { TaskId = _task.TaskId, ExecId = execId, Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(chunk) },
                _task.Call().WithCancellationToken(impatient.Token)).ResponseAsync;
            offset += (ulong)chunk.Length;
            if (writes == 0)
            {
                await last;
            }
        }

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => last);
        var taken = (await _task.GetInputStatusAsync(execId)).NumBytesWritten;
        Assert.Equal((ulong)chunk.Length, taken);
        await _connection.Router.TaskExecStdinWriteAsync(
            new TaskExecStdinWriteRequest { TaskId = _task.TaskId, ExecId = execId, Offset = taken, Eof = true }, _task.Call());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no.such.token")]
    [InlineData("opaque")]
    public async Task Token_ThatTheEmulatorDidNotIssue_IsUnauthenticated(string token)
        => await EmulatorConnection.FailsAsync(StatusCode.Unauthenticated, _connection.Router.TaskExecStartAsync(_task.Start("x", "true"), _task.Call(token)));

    [Fact]
    public async Task Token_OfAnotherTask_IsUnauthenticated()
    {
        var other = await _connection.CreateAsync();

        await EmulatorConnection.FailsAsync(StatusCode.Unauthenticated, _connection.Router.TaskExecStartAsync(_task.Start("x", "true"), _task.Call(other.Token)));
    }

    [Fact]
    public async Task Environment_InTheOlderFields_IsTaken()
    {
        var secret = await _connection.Control.SecretGetOrCreateAsync(
            new SecretGetOrCreateRequest { ObjectCreationType = ObjectCreationType.Ephemeral, EnvDict = { ["A"] = "secret", ["B"] = "secret" } }, EmulatorConnection.Call());
        var execId = SandboxTask.NewExecId();
        var start = _task.Start(execId, "sh", "-c", "echo $A $B");
        start.SecretIds.Add(secret.SecretId);
        start.Env["B"] = "env";
        await _connection.Router.TaskExecStartAsync(start, _task.Call());
        var mixed = _task.Start(SandboxTask.NewExecId(), "true");
        mixed.Env["B"] = "env";
        mixed.SecretSources.Add(new SecretSource { SecretId = secret.SecretId });

        Assert.Equal("secret env\n", await _task.ReadTextAsync(execId));
        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, _connection.Router.TaskExecStartAsync(mixed, _task.Call()));
    }

    [Fact]
    public async Task Exec_AfterTheEndOfItsSandbox_IsRefusedButOldOutputStays()
    {
        var task = await _connection.CreateAsync();
        var execId = await task.ExecAsync("sh", "-c", "echo kept; exec sleep 600");
        using (var output = task.OpenOutput(execId))
        {
            Assert.True(await output.ResponseStream.MoveNext(TestTimeout.Token));
        }

        await task.TerminateAsync();
        Assert.Equal(GenericResult.Types.GenericStatus.Terminated, (await task.WaitForEndAsync())!.Status);

        await EmulatorConnection.FailsAsync(StatusCode.NotFound, _connection.Router.TaskExecStartAsync(task.Start("x", "true"), task.Call()));
        Assert.Equal("kept\n", await task.ReadTextAsync(execId));
        Assert.Equal(9, (await task.WaitAsync(execId)).Signal);
    }

    private TaskExecStdinWriteStreamRequest StreamStart(string execId, ulong offset)
        => new() { Start = new TaskExecStdinWriteStreamStart { TaskId = _task.TaskId, ExecId = execId, Offset = offset } };

    /// <summary>An emulator and a sandbox for all tests of the class.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal EmulatorConnection Connection { get; private set; } = null!;

        internal SandboxTask Sandbox { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { MaxOutputBytes = 1024 * 1024 });
            Sandbox = await Connection.CreateAsync();
        }

        public async Task DisposeAsync() => await Connection.DisposeAsync();
    }
}
