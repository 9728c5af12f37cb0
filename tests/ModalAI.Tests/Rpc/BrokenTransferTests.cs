using System.Globalization;
using System.Security.Cryptography;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

/// <summary>Large transfers over connections that break again and again: what arrives is what was sent.</summary>
public sealed class BrokenTransferTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private const int OutputBytes = 64 * 1024 * 1024;
    private const int InputBytes = 16 * 1024 * 1024;

    /// <summary>Each break falls after at least one message, so that every attempt makes progress.</summary>
    private const int BytesPerBreak = 64 * 1024;

    [Theory]
    [InlineData(ModalEmulatorBreak.EndStream)]
    [InlineData(ModalEmulatorBreak.ResetStream)]
    [InlineData(ModalEmulatorBreak.CloseConnection)]
    public async Task Output_ConnectionLost500Times_ArrivesWithTheSameHash(ModalEmulatorBreak how)
    {
        await using var lifetime = await CreateSandboxAsync();
        var made = await lifetime.Sandbox.ExecuteAsync(
            string.Create(CultureInfo.InvariantCulture, $"head -c {OutputBytes} /dev/urandom > /tmp/output; sha256sum < /tmp/output"), TestTimeout.Token);
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("cat", "/tmp/output"), TestTimeout.Token);
        using var fault = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("TaskExecStdioRead") { BreakAfterSent = BytesPerBreak, Break = how, Times = 500 });

        var (hash, length) = await HashAsync(process.StandardOutput);

        Assert.Equal(500, fault.Hits);
        Assert.Equal(OutputBytes, length);
        Assert.Equal(made.StandardOutput.Split(' ')[0], hash);
        Assert.Equal(0, await process.WaitForExitAsync(TestTimeout.Token));
    }

    [Theory]
    [InlineData(ModalEmulatorBreak.ResetStream)]
    [InlineData(ModalEmulatorBreak.CloseConnection)]
    public async Task FileWrite_UploadBroken50Times_ArrivesWithTheSameHash(ModalEmulatorBreak how)
    {
        var bytes = RandomNumberGenerator.GetBytes(InputBytes);
        await using var lifetime = await CreateSandboxAsync();
        using var fault = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("TaskExecStdinWriteStream") { BreakAfterReceived = 300_000, Break = how, Times = 50 });

        await lifetime.Sandbox.Files.WriteAllBytesAsync("/tmp/upload", bytes, TestTimeout.Token);

        Assert.Equal(50, fault.Hits);
        var written = await lifetime.Sandbox.ExecuteAsync("sha256sum < /tmp/upload", TestTimeout.Token);
        Assert.Equal(HashOf(bytes), written.StandardOutput.Split(' ')[0]);
    }

    [Fact]
    public async Task CommandInput_UploadBroken50Times_ArrivesWithTheSameHash()
    {
        var bytes = RandomNumberGenerator.GetBytes(InputBytes);
        await using var lifetime = await CreateSandboxAsync();
        using var fault = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("TaskExecStdinWriteStream") { BreakAfterReceived = 300_000, Times = 50 });

        var result = await lifetime.Sandbox.ExecuteAsync(ModalCommand.Create("sha256sum") with { StandardInput = new MemoryStream(bytes) }, TestTimeout.Token);

        Assert.Equal(50, fault.Hits);
        Assert.Equal(HashOf(bytes), result.StandardOutput.Split(' ')[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProcessInput_WritesBroken50Times_ArriveWithTheSameHash(bool processed)
    {
        var bytes = RandomNumberGenerator.GetBytes(InputBytes);
        await using var lifetime = await CreateSandboxAsync();
        await using var process = await lifetime.Sandbox.StartProcessAsync(ModalCommand.Create("sha256sum"), TestTimeout.Token);

        // A write that was taken and whose answer is lost is repeated too, and taken once.
        using var fault = Fixture.Emulator.Faults.Add(
            new ModalEmulatorFaultRule("TaskExecStdinWrite") { LosesReply = processed, BreakAfterReceived = processed ? null : 100_000, Every = 2, Times = 50 });

        for (var offset = 0; offset < bytes.Length; offset += InputBytes / 64)
        {
            await process.StandardInput.WriteAsync(bytes.AsMemory(offset, InputBytes / 64), TestTimeout.Token);
        }

        await process.StandardInput.DisposeAsync();
        using var output = new StreamReader(process.StandardOutput);
        var hash = await output.ReadToEndAsync(TestTimeout.Token);

        Assert.Equal(50, fault.Hits);
        Assert.Equal(HashOf(bytes), hash.Split(' ')[0]);
    }

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static async Task<(string Hash, long Length)> HashAsync(Stream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[256 * 1024];
        long length = 0;
        while (await stream.ReadAsync(buffer, TestTimeout.Token) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), length);
    }
}
