using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

/// <summary>Alone, since what other tests allocate would count as well.</summary>
[Collection(RunsAlone.Name)]
public sealed class ReadFileMemoryTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [Fact]
    public async Task ReadFile_OneGibibyte_StreamsInBoundedMemory()
    {
        const long Length = 1024L * 1024 * 1024;
        using (var file = File.Create(_sandbox.Host("/sparse")))
        {
            file.SetLength(Length);
        }

        await using var output = new CountingStream();
        using var error = new MemoryStream();
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var exitCode = await _sandbox.Tools.RunAsync("""{"ReadFile":{"path":"/sparse"}}""", Stream.Null, output, error, _sandbox.Token);

        Assert.Equal(0, exitCode);
        Assert.Equal(Length, output.Count);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 * 1024 * 1024);
    }

    public void Dispose() => _sandbox.Dispose();

    private sealed class CountingStream : MemoryStream
    {
        public long Count { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}
