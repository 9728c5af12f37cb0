using System.Diagnostics;
using System.Text;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>Commands that another client has started.</summary>
public sealed class AttachTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Attach_ByAnotherClient_ReadsFromTheOffsetAndWaits()
    {
        await using var lifetime = await CreateSandboxAsync();
        var started = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Shell("echo one; echo two >&2; read x; echo $x; exit 5"), TestTimeout.Token);
        Assert.Equal(4, await started.StandardOutput.ReadAsync(new byte[100], TestTimeout.Token));
        await started.DisposeAsync();

        await using var client = Fixture.CreateClient();
        await using var process = client.Sandboxes.Get(lifetime.Sandbox.Id).AttachProcess(started.Id, standardOutputOffset: 4, standardErrorOffset: 2);
        Assert.Null(await process.PollAsync(TestTimeout.Token));
        await process.StandardInput.WriteAsync("three\n"u8.ToArray(), TestTimeout.Token);

        Assert.Equal(5, await process.WaitForExitAsync(TestTimeout.Token));
        Assert.Equal(("three\n", "o\n", 5), (await ReadAsync(process.StandardOutput), await ReadAsync(process.StandardError), await process.PollAsync(TestTimeout.Token)));
    }

    [Fact]
    public async Task Attach_InTheMiddleOfTheInput_GoesOnAfterWhatWasTaken()
    {
        await using var lifetime = await CreateSandboxAsync();
        var started = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("cat"), TestTimeout.Token);
        await started.StandardInput.WriteAsync("first "u8.ToArray(), TestTimeout.Token);

        await using var client = Fixture.CreateClient();
        await using var process = client.Sandboxes.Get(lifetime.Sandbox.Id).AttachProcess(started.Id);
        Assert.Equal(6, await process.GetInputLengthAsync(TestTimeout.Token));
        await process.StandardInput.WriteAsync("second"u8.ToArray(), TestTimeout.Token);
        Assert.Equal(12, process.StandardInput.Position);
        await process.StandardInput.DisposeAsync();

        Assert.Equal("first second", await ReadAsync(process.StandardOutput));
        Assert.Equal(0, await process.WaitForExitAsync(TestTimeout.Token));
        await started.DisposeAsync();
    }

    [Fact]
    public async Task Attach_ToACommandThatRuns_CanKillIt()
    {
        await using var lifetime = await CreateSandboxAsync();
        var started = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("sleep", "600"), TestTimeout.Token);

        await using var process = lifetime.Sandbox.AttachProcess(started.Id);

        Assert.True(await process.KillAsync(TestTimeout.Token));
        Assert.Equal(137, await process.WaitForExitAsync(TestTimeout.Token));
        await started.DisposeAsync();
    }

    [Fact]
    public async Task Attach_ToAnUnknownCommand_IsNotFoundInAllThatItDoes()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = lifetime.Sandbox.AttachProcess(Guid.NewGuid().ToString());

        Func<Task>[] uses =
        [
            () => process.PollAsync(TestTimeout.Token),
            () => process.WaitForExitAsync(TestTimeout.Token),
            () => process.StandardOutput.ReadAsync(new byte[1], TestTimeout.Token).AsTask(),
            () => process.StandardInput.WriteAsync(new byte[1], TestTimeout.Token).AsTask(),
            () => process.GetInputLengthAsync(TestTimeout.Token),
            () => process.KillAsync(TestTimeout.Token),
        ];

        foreach (var use in uses)
        {
            var exception = await Assert.ThrowsAsync<ModalException>(use);
            Assert.Equal(ModalErrorCode.NotFound, exception.Code);
            Assert.Contains(process.Id, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Attach_FromAnotherProcess_ReadsWhatThisOneHasStarted()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var started = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Shell("echo before; read x; echo after"), TestTimeout.Token);
        Assert.Equal(7, await started.StandardOutput.ReadAsync(new byte[100], TestTimeout.Token));

        var start = AttachingProcess.StartInfo(Fixture.Emulator.ServerUrl, lifetime.Sandbox.Id, started.Id, offset: 7);
        using var other = Process.Start(start)!;
        var output = await other.StandardOutput.ReadToEndAsync(TestTimeout.Token);
        await other.WaitForExitAsync(TestTimeout.Token);

        Assert.Equal((0, "after\n0\n"), (other.ExitCode, output));
        Assert.Equal("after\n", await ReadAsync(started.StandardOutput));
        Assert.Equal(0, await started.WaitForExitAsync(TestTimeout.Token));
    }

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("id", -1, 0)]
    [InlineData("id", 0, -1)]
    public async Task Attach_WithAnArgumentThatCannotBe_IsRefused(string id, long outputOffset, long errorOffset)
    {
        await using var sandbox = Client.Sandboxes.Get(ScriptedRouter.SandboxId);

        Assert.ThrowsAny<ArgumentException>(() => sandbox.AttachProcess(id, outputOffset, errorOffset));
    }

    [Fact]
    public async Task Input_OfManyWritersAtOnce_HasEachWriteOnceAndWhole()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("cat"), TestTimeout.Token);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => process.StandardInput.WriteAsync(Encoding.UTF8.GetBytes($"[{i}]"), TestTimeout.Token).AsTask()));
        await process.StandardInput.DisposeAsync();

        var parts = (await ReadAsync(process.StandardOutput)).Split(']', StringSplitOptions.RemoveEmptyEntries).Select(part => part + "]");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"[{i}]").Order(), parts.Order());
    }

    [Fact]
    public async Task Input_WithManyLostConfirmations_IsTakenOnce()
    {
        var taken = new MemoryStream();
        var calls = 0;
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", (_, _) => Task.FromResult(new TaskExecStartResponse()));
            service.Unary<TaskExecStdinWriteRequest, TaskExecStdinWriteResponse>("TaskExecStdinWrite", (request, _) =>
            {
                var known = (int)(taken.Length - (long)request.Offset);
                Assert.InRange(known, 0, request.Data.Length);
                taken.Write(request.Data.Span[known..]);

                // Nine of ten confirmations are lost: more in all than may be lost in a row.
                return ++calls % 10 == 0 ? Task.FromResult(new TaskExecStdinWriteResponse()) : throw ScriptedRouter.Broken();
            });
        });
        await using var client = router.CreateClient();
        await using var process = await client.Sandboxes.Get(ScriptedRouter.SandboxId).StartProcessAsync(ModalCommand.Create("x"), TestTimeout.Token);

        await process.StandardInput.WriteAsync("one "u8.ToArray(), TestTimeout.Token);
        await process.StandardInput.WriteAsync("two "u8.ToArray(), TestTimeout.Token);
        await process.StandardInput.WriteAsync("three"u8.ToArray(), TestTimeout.Token);

        Assert.Equal((30, "one two three"), (calls, Encoding.UTF8.GetString(taken.ToArray())));
    }


    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestTimeout.Token);
    }
}
