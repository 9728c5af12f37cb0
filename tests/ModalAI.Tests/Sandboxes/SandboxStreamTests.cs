using System.Text;
using Google.Protobuf;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>The streams of a sandbox's own command, on both backends: a sandbox with a GPU is on V1.</summary>
public sealed class SandboxStreamTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    public static TheoryData<string?> Backends => new() { null, "T4" };

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Streams_OfTheCommand_CarryInputOutputAndErrors(string? gpu)
    {
        await using var lifetime = await CreateAsync(gpu, "sh", "-c", "echo ready; read line; echo got $line; echo oops >&2; exit 3");
        using var output = new StreamReader(lifetime.Sandbox.StandardOutput);

        Assert.Equal("ready", await output.ReadLineAsync(TestTimeout.Token));
        await lifetime.Sandbox.StandardInput.WriteAsync("it\n"u8.ToArray(), TestTimeout.Token);

        Assert.Equal("got it\n", await output.ReadToEndAsync(TestTimeout.Token));
        Assert.Equal("oops\n", await ReadAsync(lifetime.Sandbox.StandardError));
        Assert.Equal(3, (await lifetime.Sandbox.WaitAsync(TestTimeout.Token)).ExitCode);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Output_AfterTheEnd_IsStillRead(string? gpu)
    {
        await using var lifetime = await CreateAsync(gpu, "echo", "last words");
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        Assert.Equal("last words\n", await ReadAsync(lifetime.Sandbox.StandardOutput));
        Assert.Equal("", await ReadAsync(lifetime.Sandbox.StandardError));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Input_OfManyWritersAtOnce_IsWholeAndEnds(string? gpu)
    {
        await using var lifetime = await CreateAsync(gpu, "cat");
        var input = lifetime.Sandbox.StandardInput;

        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => input.WriteAsync(Encoding.UTF8.GetBytes($"[{i}]"), TestTimeout.Token).AsTask()));
        await input.DisposeAsync();

        var parts = (await ReadAsync(lifetime.Sandbox.StandardOutput)).Split(']', StringSplitOptions.RemoveEmptyEntries).Select(part => part + "]");
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"[{i}]").Order(), parts.Order());
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Input_AfterTheEnd_IsAConflict(string? gpu)
    {
        await using var lifetime = await CreateAsync(gpu, "true");
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);

        var exception = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.StandardInput.WriteAsync("late"u8.ToArray(), TestTimeout.Token).AsTask());

        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
        await lifetime.Sandbox.StandardInput.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Output_ReadCancelled_GoesOnWhereItWas(string? gpu)
    {
        await using var lifetime = await CreateAsync(gpu, "cat");
        var sandbox = lifetime.Sandbox;
        var buffer = new byte[100];
        await sandbox.StandardInput.WriteAsync("one"u8.ToArray(), TestTimeout.Token);
        Assert.Equal(3, await sandbox.StandardOutput.ReadAsync(buffer, TestTimeout.Token));
        using var cancellation = new CancellationTokenSource();
        var pending = sandbox.StandardOutput.ReadAsync(buffer, cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await sandbox.StandardInput.WriteAsync("two"u8.ToArray(), TestTimeout.Token);

        Assert.Equal(3, await sandbox.StandardOutput.ReadAsync(buffer, TestTimeout.Token));
        Assert.Equal("two", Encoding.UTF8.GetString(buffer, 0, 3));
        await sandbox.StandardInput.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Output_SandboxLetGoOf_EndsTheReadAndIsNoEnd(string? gpu)
    {
        await using var lifetime = await CreateAsync(gpu, "sh", "-c", "echo ready; exec cat");
        await using var other = Client.Sandboxes.Get(lifetime.Sandbox.Id);
        var output = other.StandardOutput;
        Assert.Equal(6, await output.ReadAsync(new byte[100], TestTimeout.Token));
        var pending = output.ReadAsync(new byte[100], TestTimeout.Token).AsTask();

        await other.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        Assert.Throws<ObjectDisposedException>(() => other.StandardOutput);
        Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Streams_ThatNobodyReads_AskForNothing(string? gpu)
    {
        await using var lifetime = await CreateAsync(gpu, "sh", "-c", "echo ready; exec cat");

        var before = CountReads();

        _ = (lifetime.Sandbox.StandardInput, lifetime.Sandbox.StandardOutput, lifetime.Sandbox.StandardError);
        await lifetime.Sandbox.ExecuteAsync("true", TestTimeout.Token);

        Assert.Equal(before, CountReads());
        Assert.Equal(6, await lifetime.Sandbox.StandardOutput.ReadAsync(new byte[10], TestTimeout.Token));
        Assert.Equal(before + 1, CountReads());

        int CountReads() => Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxStdioReadV2") + Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxGetLogs");
    }

    [Fact]
    public async Task Output_OnV1_IsTextWithItsInvalidBytesReplaced()
    {
        await using var lifetime = await CreateAsync("T4", "printf", "a\\377\\342\\202\\254");

        Assert.Equal("a\uFFFD€", await ReadAsync(lifetime.Sandbox.StandardOutput));
    }

    [Fact]
    public async Task Output_OfWhichOnlyTheEndIsKept_StartsThere()
    {
        await using var router = await ScriptedRouter.StartAsync(service =>
            service.ServerStreaming<SandboxStdioReadV2Request, SandboxStdioReadV2Response>("SandboxStdioReadV2", async (request, writer, context) =>
            {
                // What is kept starts at 1000; a second attempt gets the rest.
                var text = request.Offset == 0 ? "tail" : "end";
                var start = request.Offset == 0 ? 1000 : request.Offset;
                await writer.WriteAsync(new SandboxStdioReadV2Response { Data = ByteString.CopyFromUtf8(text), StartingOffset = start }, context.CancellationToken);
                if (request.Offset == 0)
                {
                    throw ScriptedRouter.Broken();
                }

                Assert.Equal(1004ul, request.Offset);
            }));
        await using var client = router.CreateClient();

        Assert.Equal("tailend", await ReadAsync(client.Sandboxes.Get(ScriptedRouter.SandboxId).StandardOutput));
    }

    [Fact]
    public async Task Output_FromAServerThatBeginsTooEarly_RepeatsNothing()
    {
        await using var router = await ScriptedRouter.StartAsync(service =>
            service.ServerStreaming<SandboxStdioReadV2Request, SandboxStdioReadV2Response>("SandboxStdioReadV2", async (request, writer, context) =>
            {
                await writer.WriteAsync(
                    new SandboxStdioReadV2Response { Data = ByteString.CopyFromUtf8(request.Offset == 0 ? "abc" : "abcdef"), StartingOffset = 0 }, context.CancellationToken);
                if (request.Offset == 0)
                {
                    throw ScriptedRouter.Broken();
                }
            }));
        await using var client = router.CreateClient();

        Assert.Equal("abcdef", await ReadAsync(client.Sandboxes.Get(ScriptedRouter.SandboxId).StandardOutput));
    }

    [Fact]
    public async Task Input_WhoseConfirmationIsLost_IsSentAgainAtTheSameOffset()
    {
        var writes = new List<(ulong Offset, string Data, bool Eof)>();
        await using var router = await ScriptedRouter.StartAsync(service =>
            service.Unary<SandboxStdinWriteV2Request, SandboxStdinWriteV2Response>("SandboxStdinWriteV2", (request, _) =>
            {
                writes.Add((request.Offset, request.Data.ToStringUtf8(), request.Eof));
                return writes.Count == 2 ? throw ScriptedRouter.Broken() : Task.FromResult(new SandboxStdinWriteV2Response());
            }));
        await using var client = router.CreateClient();
        var input = client.Sandboxes.Get(ScriptedRouter.SandboxId).StandardInput;

        await input.WriteAsync("one"u8.ToArray(), TestTimeout.Token);
        await input.WriteAsync("two"u8.ToArray(), TestTimeout.Token);
        await input.DisposeAsync();

        Assert.Equal([(0, "one", false), (3, "two", false), (3, "two", false), (6, "", true)], writes);
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestTimeout.Token);
    }

    private Task<SandboxLifetime> CreateAsync(string? gpu, params string[] command) =>
        CreateSandboxAsync(options => options with { Gpu = gpu, Command = command });
}
