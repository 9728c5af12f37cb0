using System.Collections.Concurrent;
using System.Security.Cryptography;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>Output and input over connections that break: no byte is lost or repeated.</summary>
public sealed class BrokenConnectionTests
{
    [Fact]
    public async Task Output_ManyBreaks_ArrivesOnceAndWhole()
    {
        var bytes = RandomNumberGenerator.GetBytes(500_000);
        var reads = 0;
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            AcceptStartAndInput(service);
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", async (request, writer, context) =>
            {
                if (request.FileDescriptor == TaskExecStdioFileDescriptor.Stderr)
                {
                    return;
                }

                // Each attempt gets a little further and breaks; more attempts than failures in a row are allowed.
                reads++;
                var offset = (int)request.Offset;
                var end = Math.Min(bytes.Length, offset + 10_007);
                while (offset < end)
                {
                    var length = Math.Min(1_000, end - offset);
                    await writer.WriteAsync(ScriptedRouter.Data(bytes.AsSpan(offset, length)), context.CancellationToken);
                    offset += length;
                }

                if (end < bytes.Length)
                {
                    throw ScriptedRouter.Broken();
                }
            });
        });
        await using var client = router.CreateClient();
        await using var process = await client.Sandboxes.Get(ScriptedRouter.SandboxId).StartProcessAsync(ModalCommand.Create("x"), TestTimeout.Token);
        using var output = new MemoryStream();

        await process.StandardOutput.CopyToAsync(output, TestTimeout.Token);

        Assert.Equal(50, reads);
        Assert.Equal(bytes, output.ToArray());
    }

    [Fact]
    public async Task Output_BreaksWithoutProgress_FailsAfterABoundedNumber()
    {
        var reads = 0;
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            AcceptStartAndInput(service);
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", (_, _, _) =>
            {
                Interlocked.Increment(ref reads);
                throw ScriptedRouter.Broken();
            });
        });
        await using var client = router.CreateClient();
        await using var process = await client.Sandboxes.Get(ScriptedRouter.SandboxId).StartProcessAsync(ModalCommand.Create("x"), TestTimeout.Token);

        var exception = await Assert.ThrowsAsync<ModalException>(() => process.StandardOutput.CopyToAsync(Stream.Null, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Unavailable, exception.Code);
        Assert.Equal(11, reads);
    }

    [Fact]
    public async Task Execute_OutputThatCannotBeHad_FailsThoughTheEndIsNeverHeardOf()
    {
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            AcceptStartAndInput(service);
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", (_, _, _) => throw RpcFailedException.NotFound("Gone."));
            service.Unary<TaskExecWaitRequest, TaskExecWaitResponse>("TaskExecWait", async (_, context) =>
            {
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                return new TaskExecWaitResponse();
            });
        });
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(ScriptedRouter.SandboxId).ExecuteAsync(ModalCommand.Create("x"), TestTimeout.Token));

        Assert.Equal(ModalErrorCode.SandboxEnded, exception.Code);
    }

    [Fact]
    public async Task Output_RefusedToken_IsRenewedOnceWhateverItsClockSays()
    {
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            AcceptStartAndInput(service);
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", async (_, writer, context) =>
            {
                if (context.Header("authorization") != "Bearer router-token-2")
                {
                    throw RpcFailedException.Unauthenticated("The token was rotated.");
                }

                await writer.WriteAsync(ScriptedRouter.Data("ok"u8), context.CancellationToken);
            });
        });
        await using var client = router.CreateClient();
        await using var process = await client.Sandboxes.Get(ScriptedRouter.SandboxId).StartProcessAsync(ModalCommand.Create("x"), TestTimeout.Token);
        using var reader = new StreamReader(process.StandardOutput);

        Assert.Equal("ok", await reader.ReadToEndAsync(TestTimeout.Token));
        Assert.Equal(2, router.Accesses);
    }

    [Fact]
    public async Task Input_ManyBreaks_ArrivesOnceAndWhole()
    {
        var bytes = RandomNumberGenerator.GetBytes(9_000_000);
        using var taken = new MemoryStream();
        var closed = false;
        var streams = 0;
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            AcceptStart(service);
            NoOutput(service);
            service.ClientStreaming<TaskExecStdinWriteStreamRequest, TaskExecStdinWriteStreamResponse>("TaskExecStdinWriteStream", async (reader, context) =>
            {
                streams++;
                var limit = taken.Length + 700_000;
                await foreach (var message in ReadAsync(reader, context.CancellationToken))
                {
                    switch (message.PayloadCase)
                    {
                        case TaskExecStdinWriteStreamRequest.PayloadOneofCase.Start:
                            Assert.Equal(taken.Length, (long)message.Start.Offset);
                            break;
                        case TaskExecStdinWriteStreamRequest.PayloadOneofCase.Data:
                            taken.Write(message.Data.Span);
                            if (taken.Length > limit)
                            {
                                throw ScriptedRouter.Broken();
                            }

                            break;
                        default:
                            closed = true;
                            break;
                    }
                }

                return new TaskExecStdinWriteStreamResponse();
            });
            service.Unary<TaskExecStdinStatusRequest, TaskExecStdinStatusResponse>(
                "TaskExecStdinStatus", (_, _) => Task.FromResult(new TaskExecStdinStatusResponse { NumBytesWritten = (ulong)taken.Length, Closed = closed }));
            service.Unary<TaskExecWaitRequest, TaskExecWaitResponse>("TaskExecWait", async (_, context) =>
            {
                while (!Volatile.Read(ref closed))
                {
                    await Task.Yield();
                    context.CancellationToken.ThrowIfCancellationRequested();
                }

                return new TaskExecWaitResponse { Code = 0 };
            });
        });
        await using var client = router.CreateClient();
        using var source = new MemoryStream(bytes);

        var result = await client.Sandboxes.Get(ScriptedRouter.SandboxId).ExecuteAsync(
            ModalCommand.Create("x") with { StandardInput = source }, TestTimeout.Token);

        Assert.Equal(0, result.ExitCode);
        Assert.True(streams > 9);
        Assert.Equal(bytes, taken.ToArray());
    }

    [Fact]
    public async Task Reads_SentAheadOfTheStart_AreRepeatedWhereTheServerRefusesThem()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var refused = new ConcurrentBag<string>();
        var isStarted = false;
        void RequireStart(RpcContext context)
        {
            if (!Volatile.Read(ref isStarted))
            {
                refused.Add(context.Rpc);
                if (refused.Count == 4)
                {
                    started.TrySetResult();
                }

                throw RpcFailedException.NotFound("There is no such command.");
            }
        }

        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", async (_, context) =>
            {
                // Only when all the rest has been refused.
                await started.Task.WaitAsync(context.CancellationToken);
                Volatile.Write(ref isStarted, true);
                return new TaskExecStartResponse();
            });
            service.Unary<TaskExecStdinWriteRequest, TaskExecStdinWriteResponse>("TaskExecStdinWrite", (_, context) =>
            {
                RequireStart(context);
                return Task.FromResult(new TaskExecStdinWriteResponse());
            });
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", async (request, writer, context) =>
            {
                RequireStart(context);
                await writer.WriteAsync(ScriptedRouter.Data(request.FileDescriptor == TaskExecStdioFileDescriptor.Stdout ? "out"u8 : "err"u8), context.CancellationToken);
            });
            service.Unary<TaskExecWaitRequest, TaskExecWaitResponse>("TaskExecWait", (_, context) =>
            {
                RequireStart(context);
                return Task.FromResult(new TaskExecWaitResponse { Code = 3 });
            });
        });
        await using var client = router.CreateClient();

        var result = await client.Sandboxes.Get(ScriptedRouter.SandboxId).ExecuteAsync(ModalCommand.Create("x"), TestTimeout.Token);

        Assert.Equal((3, "out", "err"), (result.ExitCode, result.StandardOutput, result.StandardError));
        Assert.Equal(["TaskExecStdinWrite", "TaskExecStdioRead", "TaskExecStdioRead", "TaskExecWait"], refused.Order());
    }

    [Fact]
    public async Task Start_ThatFails_EndsTheReadsThatOvertookIt()
    {
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", (_, _) => throw RpcFailedException.InvalidArgument("No such thing."));
            service.Unary<TaskExecStdinWriteRequest, TaskExecStdinWriteResponse>("TaskExecStdinWrite", (_, _) => throw RpcFailedException.NotFound("No command."));
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", (_, _, context) => Task.Delay(Timeout.Infinite, context.CancellationToken));
            service.Unary<TaskExecWaitRequest, TaskExecWaitResponse>("TaskExecWait", async (_, context) =>
            {
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                return new TaskExecWaitResponse();
            });
        });
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(ScriptedRouter.SandboxId).ExecuteAsync(ModalCommand.Create("x"), TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
    }

    [Fact]
    public async Task Output_ThatCannotBeRead_EndsTheWaitForTheExit()
    {
        string? command = null;
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", (request, _) =>
            {
                command ??= request.ExecId;
                return Task.FromResult(new TaskExecStartResponse());
            });
            service.Unary<TaskExecStdinWriteRequest, TaskExecStdinWriteResponse>("TaskExecStdinWrite", (_, _) => Task.FromResult(new TaskExecStdinWriteResponse()));
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>(
                "TaskExecStdioRead", (_, _, _) => throw new RpcFailedException(RpcStatusCode.DataLoss, "The output is gone."));
            service.Unary<TaskExecWaitRequest, TaskExecWaitResponse>("TaskExecWait", async (request, context) =>
            {
                await Task.Delay(request.ExecId == command ? Timeout.Infinite : 0, context.CancellationToken);
                return new TaskExecWaitResponse { Code = 0 };
            });
            service.Unary<TaskExecPollRequest, TaskExecPollResponse>("TaskExecPoll", (_, _) => Task.FromResult(new TaskExecPollResponse { Signal = 9 }));
        });
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => client.Sandboxes.Get(ScriptedRouter.SandboxId).ExecuteAsync(ModalCommand.Create("x"), TestTimeout.Token));

        Assert.Equal(ModalErrorCode.DataLoss, exception.Code);
    }

    [Fact]
    public async Task Input_OfACommandThatEndedEarly_IsNoFailure()
    {
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            AcceptStart(service);
            NoOutput(service);
            var closed = new TaskCompletionSource();
            service.ClientStreaming<TaskExecStdinWriteStreamRequest, TaskExecStdinWriteStreamResponse>("TaskExecStdinWriteStream", (_, _) => throw ScriptedRouter.Broken());
            service.Unary<TaskExecStdinStatusRequest, TaskExecStdinStatusResponse>("TaskExecStdinStatus", (_, _) =>
            {
                closed.TrySetResult();
                return Task.FromResult(new TaskExecStdinStatusResponse { NumBytesWritten = 3, Closed = true });
            });
            service.Unary<TaskExecWaitRequest, TaskExecWaitResponse>("TaskExecWait", async (_, context) =>
            {
                await closed.Task.WaitAsync(context.CancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(200), context.CancellationToken);
                return new TaskExecWaitResponse { Code = 5 };
            });
        });
        await using var client = router.CreateClient();

        var result = await client.Sandboxes.Get(ScriptedRouter.SandboxId).ExecuteAsync(
            ModalCommand.Create("x") with { StandardInput = new MemoryStream(new byte[1000]) }, TestTimeout.Token);

        Assert.Equal(5, result.ExitCode);
    }

    private static void AcceptStart(RpcService service) =>
        service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", (_, _) => Task.FromResult(new TaskExecStartResponse()));

    private static void AcceptStartAndInput(RpcService service)
    {
        AcceptStart(service);
        service.Unary<TaskExecStdinWriteRequest, TaskExecStdinWriteResponse>("TaskExecStdinWrite", (_, _) => Task.FromResult(new TaskExecStdinWriteResponse()));
    }

    private static void NoOutput(RpcService service) =>
        service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", (_, _, _) => Task.CompletedTask);

    private static async IAsyncEnumerable<TaskExecStdinWriteStreamRequest> ReadAsync(
        RpcStreamReader<TaskExecStdinWriteStreamRequest> reader, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken) is { } message)
        {
            yield return message;
        }
    }
}
