using System.Security.Cryptography;
using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

public sealed class ProcessTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Process_InputAndOutput_AreStreams()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("cat"), TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput, Encoding.UTF8);

        await process.StandardInput.WriteAsync("first\n"u8.ToArray(), TestTimeout.Token);
        var first = await output.ReadLineAsync(TestTimeout.Token);
        await process.StandardInput.WriteAsync("second\n"u8.ToArray(), TestTimeout.Token);
        var second = await output.ReadLineAsync(TestTimeout.Token);
        await process.StandardInput.DisposeAsync();

        Assert.Equal(("first", "second", null), (first, second, await output.ReadLineAsync(TestTimeout.Token)));
        Assert.Equal(0, await process.WaitForExitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Process_StillRunning_HasNoExitCode()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("cat"), TestTimeout.Token);

        Assert.Null(await process.PollAsync(TestTimeout.Token));
        await process.StandardInput.DisposeAsync();
        await process.WaitForExitAsync(TestTimeout.Token);
        Assert.Equal(0, await process.PollAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Process_Killed_EndsWith137()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("sleep", "600"), TestTimeout.Token);

        Assert.True(await process.KillAsync(TestTimeout.Token));

        Assert.Equal(137, await process.WaitForExitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Process_OutputThrownAway_IsEmptyAndTheOtherIsNot()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(
            ModalCommand.Shell("echo out; echo err >&2; exit 7") with { DiscardOutput = true }, TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput);
        using var error = new StreamReader(process.StandardError);

        Assert.Equal(("", "err\n"), (await output.ReadToEndAsync(TestTimeout.Token), await error.ReadToEndAsync(TestTimeout.Token)));
        Assert.Equal(7, await process.WaitForExitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Process_OutputReadAfterItsEnd_IsComplete()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Shell("echo out; echo err >&2; exit 7"), TestTimeout.Token);

        var exitCode = await process.WaitForExitAsync(TestTimeout.Token);
        using var output = new StreamReader(process.StandardOutput);
        using var error = new StreamReader(process.StandardError);

        Assert.Equal((7, "out\n", "err\n"), (exitCode, await output.ReadToEndAsync(TestTimeout.Token), await error.ReadToEndAsync(TestTimeout.Token)));
    }

    [Fact]
    public async Task Process_BinaryOutput64MiB_ArrivesByteForByte()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(
            ModalCommand.Shell("head -c 67108864 /dev/urandom | tee /tmp/copy; sha256sum /tmp/copy >&2"), TestTimeout.Token);

        var hash = await SHA256.HashDataAsync(process.StandardOutput, TestTimeout.Token);
        using var error = new StreamReader(process.StandardError);

        Assert.StartsWith(Convert.ToHexStringLower(hash), await error.ReadToEndAsync(TestTimeout.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_ReadCancelled_GoesOnWhereItWas()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("cat"), TestTimeout.Token);
        var buffer = new byte[100];
        await process.StandardInput.WriteAsync("one"u8.ToArray(), TestTimeout.Token);
        var first = await process.StandardOutput.ReadAsync(buffer, TestTimeout.Token);
        using var cancellation = new CancellationTokenSource();
        var pending = process.StandardOutput.ReadAsync(buffer, cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await process.StandardInput.WriteAsync("two"u8.ToArray(), TestTimeout.Token);
        var second = await process.StandardOutput.ReadAsync(buffer, TestTimeout.Token);

        Assert.Equal((3, "two"), (first, Encoding.UTF8.GetString(buffer, 0, second)));
        await process.StandardInput.DisposeAsync();
        await process.WaitForExitAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Process_SandboxTerminated_WaitSaysSo()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("sleep", "600"), TestTimeout.Token);

        var waiting = process.WaitForExitAsync(TestTimeout.Token);
        await lifetime.Sandbox.TerminateAsync(TestTimeout.Token);

        // Modal reports the command as killed, or the sandbox as gone; both are an end.
        try
        {
            Assert.Equal(137, await waiting);
        }
        catch (ModalException exception)
        {
            Assert.Equal(ModalErrorCode.SandboxEnded, exception.Code);
        }
    }

    [Fact]
    public async Task Output_DisposedDuringARead_FailsTheReadAndLooksLikeNoEnd()
    {
        await using var lifetime = await CreateSandboxAsync();
        var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Shell("echo ready; sleep 600"), TestTimeout.Token);
        Assert.Equal(6, await process.StandardOutput.ReadAsync(new byte[100], TestTimeout.Token));
        var pending = process.StandardOutput.ReadAsync(new byte[100], TestTimeout.Token).AsTask();

        await process.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => process.StandardOutput.ReadAsync(new byte[100], TestTimeout.Token).AsTask());
    }

    [Fact]
    public async Task Input_DisposedSynchronously_EndsTheInput()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("cat"), TestTimeout.Token);
        await process.StandardInput.WriteAsync("all"u8.ToArray(), TestTimeout.Token);

        process.StandardInput.Dispose();

        Assert.Equal(0, await process.WaitForExitAsync(TestTimeout.Token));
        Assert.False(process.StandardInput.CanWrite);
    }
}
